//! Faults that are planted: healthy models, each broken in the ways that the doctor knows, and what it says of them.
//!
//! A fault counts only if it is one: over some seeds the best faulty run is clearly worse than the worst healthy one, by a
//! measure of its own. Of the full run, `cargo test --release -p chainrule-doctor --test planted -- --ignored --nocapture`,
//! `PLANTED_OUT=folder` writes the table of rates there, and, of each that is not right, the model, the table and the options, so
//! that `chainrule doctor` can be run on them; `PLANTED_NAMES=a,b` takes those whose names hold `a` or `b`,
//! `PLANTED_SEED=1` examines runs of another seed, and `PLANTED_ONLY_MEASURED=1` only checks that the faults are faults.

mod arguments;
mod faults;
mod healthy;
mod judge;
mod odd;
mod rates;
mod specimen;
mod tables;

use std::path::Path;

use crate::judge::judged;
use crate::rates::Rates;
use crate::specimen::{Fault, Specimen};

/// What holds now: the share of right first findings by the mean over the causes, the number of alarms, and of those that are
/// not what they are said to be.
const RIGHT: f64 = 0.9;
const ALARMS: usize = 0;
const UNSOUND: usize = 6;

/// Those that are always judged: quick ones.
const QUICK: &[&str] =
    &["curve", "plane", "plane-rate", "plane-minus", "curve-relu", "logistic-none-ill", "xor-linear"];

#[test]
fn a_few_planted_faults_are_found() {
    let is_quick = |specimen: &Specimen| QUICK.contains(&specimen.name.as_str());
    let healthy: Vec<Specimen> = healthy::all().into_iter().filter(is_quick).collect();
    let faults: Vec<Fault> = faults::all().into_iter().filter(|fault| is_quick(&fault.faulty)).collect();
    assert_eq!(healthy.len() + faults.len(), QUICK.len());
    let rates = judge(&healthy, &faults, true);
    assert_eq!((rates.right, rates.alarms, rates.unsound), (1.0, 0, 0), "{}", rates.text);
}

#[test]
#[ignore = "it takes a minute or two; run it in release"]
fn planted_faults_are_found_and_healthy_models_left_alone() {
    let names = std::env::var("PLANTED_NAMES").ok();
    let is_asked_for = |specimen: &Specimen| {
        names.as_ref().is_none_or(|names| names.split(',').any(|name| specimen.name.contains(name)))
    };
    let healthy: Vec<Specimen> = healthy::all().into_iter().chain(odd::all()).filter(is_asked_for).collect();
    let faults: Vec<Fault> = faults::all().into_iter().filter(|fault| is_asked_for(&fault.faulty)).collect();
    assert_names_differ(&healthy, &faults);
    let rates = judge(&healthy, &faults, std::env::var_os("PLANTED_ONLY_MEASURED").is_none());
    if let Some(folder) = std::env::var_os("PLANTED_OUT") {
        rates.write(Path::new(&folder), &healthy, &faults).expect("the folder can be written to");
    }
    println!("{}", rates.text);
    if names.is_none() {
        assert!(rates.right >= RIGHT, "right: {:.3}", rates.right);
        assert_eq!(rates.alarms, ALARMS);
        assert!(rates.unsound <= UNSOUND, "not what they are said to be: {}", rates.unsound);
    }
}

fn judge(healthy: &[Specimen], faults: &[Fault], is_examined: bool) -> Rates {
    Rates::of(judged(healthy, faults, is_examined))
}

fn assert_names_differ(healthy: &[Specimen], faults: &[Fault]) {
    let specimens = healthy.iter().chain(faults.iter().map(|fault| &fault.faulty));
    let mut names: Vec<&str> = specimens.map(|specimen| specimen.name.as_str()).collect();
    names.sort_unstable();
    let twice: Vec<&str> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert!(twice.is_empty(), "two of one name: {twice:?}");
}
