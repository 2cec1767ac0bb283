//! Times each workload's training step beside its limit: a hand-written loop for one example a step, the bare matrix
//! products for minibatches. The two are timed in turn, and the ratio is the median over the pairs.
#![forbid(unsafe_code)]

mod bare_products;
mod compile_time;
mod growth;
mod hand;
mod networks;
mod peers;
mod predicting;
mod products;
mod reading;
mod table;
mod trainer;
mod workload;

use std::process::ExitCode;

use chainrule_kernels::Level;

use peers::Peers;
use table::{median, microseconds, table, time};
use workload::Workload;

const HELP: &str = "\
cargo xtask bench [OPTIONS]

  --pairs N        how many times ours and the limit are timed in turn, 21
  --only TEXT      only the workloads whose name holds TEXT, and nothing else
  --peers          PyTorch, JAX and scikit-learn too, where Python has them; bench/peers/requirements.txt names them
  --python PATH    the Python that has them, python3
  --program        prints each program
  --networks       the training step of six networks, on one thread and two, beside its bare products, and nothing else
  --reading        how fast a table is read, and nothing else
  --predicting     how long one prediction and one gradient take, and nothing else";

struct Options {
    pairs: usize,
    only: Option<String>,
    peers: bool,
    python: String,
    program: bool,
    networks: bool,
    reading: bool,
    predicting: bool,
}

fn main() -> ExitCode {
    match options(std::env::args().skip(1)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        pairs: 21,
        only: None,
        peers: false,
        python: "python3".into(),
        program: false,
        networks: false,
        reading: false,
        predicting: false,
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value\n\n{HELP}"));
        match word.as_str() {
            "--pairs" => {
                let pairs = value()?.parse().ok().filter(|&pairs| pairs > 0);
                options.pairs = pairs.ok_or_else(|| format!("--pairs wants a number from 1\n\n{HELP}"))?;
            }
            "--only" => options.only = Some(value()?),
            "--python" => options.python = value()?,
            "--peers" => options.peers = true,
            "--program" => options.program = true,
            "--networks" => options.networks = true,
            "--reading" => options.reading = true,
            "--predicting" => options.predicting = true,
            _ => return Err(HELP.into()),
        }
    }
    Ok(options)
}

fn run(options: Options) -> Result<(), String> {
    if options.reading {
        return reading::print();
    }
    if options.predicting {
        return predicting::print();
    }
    let mut peers = options.peers.then(|| Peers::start(&options.python)).transpose()?;
    if options.networks {
        return networks::print(options.only.as_deref(), options.pairs, options.program, peers.as_mut());
    }
    let (level, threads, pairs) = (Level::best(), workload::THREADS, options.pairs);
    println!("SIMD level {level}, minibatches on {threads} threads, medians of {pairs} interleaved pairs\n");
    let mut rows = Vec::new();
    let wanted = |workload: &Workload| options.only.as_ref().is_none_or(|only| workload.name.contains(only));
    for workload in workload::all().iter().filter(|workload| wanted(workload)) {
        rows.push(measured(workload, &options, peers.as_mut())?);
    }
    let mut heading = vec!["workload", "ours µs", "limit µs", "ratio", "at most", "compile ms", "workspace MB"];
    if peers.is_some() {
        heading.extend(peers::NAMES);
    }
    println!("{}", table(&heading, rows));
    if options.only.is_none() {
        compile_time::print();
        growth::print();
        networks::print(None, pairs, false, peers.as_mut())?;
        reading::print()?;
        predicting::print()?;
    }
    Ok(())
}

fn measured(workload: &Workload, options: &Options, peers: Option<&mut Peers>) -> Result<Vec<String>, String> {
    let mut trainer = workload.ours();
    if options.program {
        println!("{}\n\n{}", workload.name, trainer.program);
    }
    let (mut limit, limit_steps) = workload.limit();
    let compile = format!("{:.2}", trainer.compile_seconds * 1e3);
    let megabytes = format!("{:.1}", trainer.workspace.bytes() as f64 / 1e6);
    let our_steps = trainer.steps;
    let mut ours = || trainer.epoch();
    let (mut our_times, mut limits, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    ours();
    limit();
    for _ in 0..options.pairs {
        let (a, b) = (quickest(&mut ours) / our_steps as f64, quickest(&mut limit) / limit_steps as f64);
        our_times.push(a);
        limits.push(b);
        ratios.push(a / b);
    }
    let ours = median(our_times);
    let numbers = [microseconds(ours), microseconds(median(limits)), format!("{:.2}", median(ratios))];
    let mut row = vec![workload.name.to_string()];
    row.extend(numbers.into_iter().chain([format!("{:.2}", workload.at_most), compile, megabytes]));
    if let Some(peers) = peers {
        let times = peers.seconds(workload.key)?;
        row.extend(peers::NAMES.map(|name| {
            let wanted = workload.ahead_of.iter().find(|(peer, _)| *peer == name);
            let wanted = wanted.map_or(String::new(), |(_, times)| format!(", at least {times}"));
            let found =
                times.get(name).map(|&seconds| format!("{} ({:.1} ×{wanted})", microseconds(seconds), seconds / ours));
            found.unwrap_or_default()
        }));
    }
    Ok(row)
}

/// Seconds of a call, the shortest of three: what else the machine does is left out.
fn quickest(work: &mut dyn FnMut()) -> f64 {
    (0..3).map(|_| time(work)).fold(f64::INFINITY, f64::min)
}
