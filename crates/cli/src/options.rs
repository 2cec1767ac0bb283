//! Option values: each is read by a function that says what would be right.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::num::IntErrorKind;
use std::path::PathBuf;
use std::str::FromStr;

use clap::error::ErrorKind;
use clap::{Arg, Args, Command};

use crate::error::CommandError;

/// A model in the text form, and the sizes and settings that the user gives it.
#[derive(Args)]
pub struct ModelOptions {
    /// The model, a file in the text form
    #[arg(value_name = "MODEL.graph")]
    pub model: PathBuf,

    /// Binds a free size, or overrides a `let`: --set d=400 (may be repeated)
    #[arg(long, value_name = "NAME=NUMBER", allow_hyphen_values = true)]
    set: Vec<Setting>,
}

impl ModelOptions {
    /// What the user sets, by name.
    pub fn settings(&self) -> Result<BTreeMap<String, f64>, CommandError> {
        settings(&self.set)
    }
}

/// Settings by name. Setting one name to two numbers is a mistake.
pub fn settings(set: &[Setting]) -> Result<BTreeMap<String, f64>, CommandError> {
    let mut settings = BTreeMap::new();
    for Setting { name, value } in set {
        if let Some(before) = settings.insert(name.clone(), *value).filter(|before| before != value) {
            return Err(CommandError::mistake(format!(
                "--set {name}: it is set to {before} and to {value}; say it once"
            )));
        }
    }
    Ok(settings)
}

/// A size or a setting of a model, and its number; parsed from `NAME=NUMBER`.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The name.
    pub name: String,
    /// The number.
    pub value: f64,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Setting, String> {
        let wrong = || "a name and a finite number would be right, as in d=400".to_string();
        let (name, value) = text.split_once('=').ok_or_else(wrong)?;
        let (name, value) = (name.trim(), value.trim().parse::<f64>().map_err(|_| wrong())?);
        if name.is_empty() || !value.is_finite() {
            return Err(wrong());
        }
        Ok(Setting { name: name.into(), value })
    }
}

/// An error if an option is followed by another option where its value should be. Values may begin with a hyphen, so
/// that a negative one is told its range; so clap takes `--save` for the value of `--epochs` in
/// `--epochs --save m.safetensors`.
pub fn missing_value(mut command: Command, words: &[OsString]) -> Option<clap::Error> {
    command.build();
    let command = command.find_subcommand_mut(words.get(1)?)?;
    let option = |word: &OsStr| -> Option<&Arg> {
        let name = word.to_str()?.strip_prefix("--")?;
        command.get_arguments().find(|argument| argument.get_long() == Some(name))
    };
    let lacks = |pair: &[OsString]| {
        let takes_values = |option: &&Arg| option.get_action().takes_values() && !option.is_require_equals_set();
        option(&pair[0]).filter(takes_values).filter(|_| option(&pair[1]).is_some())
    };
    let problem = words.windows(2).find_map(lacks)?;
    let problem = format!("a value is required for '{problem}' but none was supplied");
    Some(command.error(ErrorKind::InvalidValue, problem))
}

/// An integer from 1 up.
pub fn count(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(count @ 1..) => Ok(count),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => {
            Err(format!("an integer from 1 to {} would be right", usize::MAX))
        }
        _ => Err("an integer ≥ 1 would be right".into()),
    }
}

/// A number of rows to be made.
pub fn rows(text: &str) -> Result<usize, String> {
    const MOST: usize = 1_000_000;
    count(text).ok().filter(|&rows| rows <= MOST).ok_or_else(|| format!("an integer from 1 to {MOST} would be right"))
}

/// A finite number above 0, such as a learning rate.
pub fn above_zero(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("a finite number > 0 would be right".into()),
    }
}

/// A finite number from 0 up.
pub fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("a finite number ≥ 0 would be right".into()),
    }
}

/// How much of something stays.
pub fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
        _ => Err("a number in [0, 1) would be right, such as 0.9".into()),
    }
}

/// A share of the rows.
pub fn fraction(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(fraction) if fraction > 0.0 && fraction < 1.0 => Ok(fraction),
        _ => Err("a number in (0, 1) would be right, such as 0.2".into()),
    }
}

/// A seed.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse::<u64>().map_err(|_| format!("an integer from 0 to {} would be right", u64::MAX))
}

/// The order of a derivative.
pub fn order(text: &str) -> Result<u8, String> {
    match text.parse::<u8>() {
        Ok(order @ 1..=2) => Ok(order),
        _ => Err("1 or 2 would be right".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_at_the_ends_of_a_range() {
        assert_eq!(count("1"), Ok(1));
        assert!(["0", "-3", "1.5", "1e3", "", "x"].iter().all(|text| count(text).is_err()));
        assert_eq!(rows("1000000"), Ok(1_000_000));
        assert!(["0", "1000001", "-1"].iter().all(|text| rows(text).is_err()));
        assert_eq!(above_zero("1e-300"), Ok(1e-300));
        assert!(["0", "-1", "inf", "nan", ""].iter().all(|text| above_zero(text).is_err()));
        assert_eq!(not_negative("0"), Ok(0.0));
        assert!(["-1", "inf", "nan", ""].iter().all(|text| not_negative(text).is_err()));
        assert_eq!(share("0"), Ok(0.0));
        assert!(["1", "-0.1", "nan", ""].iter().all(|text| share(text).is_err()));
        assert_eq!(fraction("0.999"), Ok(0.999));
        assert!(["0", "1", "1.5", "-0.1", "nan"].iter().all(|text| fraction(text).is_err()));
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        assert!(["-1", "1.0", "18446744073709551616"].iter().all(|text| seed(text).is_err()));
        assert!(["0", "3", "-1"].iter().all(|text| order(text).is_err()));
    }

    #[test]
    fn a_setting_is_a_name_and_a_number() {
        assert_eq!("d=400".parse(), Ok(Setting { name: "d".into(), value: 400.0 }));
        assert_eq!(" rate = -0.5".parse(), Ok(Setting { name: "rate".into(), value: -0.5 }));
        for wrong in ["d", "=3", "d=", "d=x", "d=inf", "d=nan"] {
            assert!(wrong.parse::<Setting>().is_err(), "{wrong}");
        }
    }
}
