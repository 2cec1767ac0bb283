//! `--standardize`: which inputs and outcomes are brought to mean 0 and deviation 1.

use chainrule::Function;
use chainrule::doctor::Scaling;
use chainrule::learn::{Cause, Dataset, Diverged, LearnError, Role, Transforms};
use clap::Args;
use serde_json::{Value, json};

use crate::error::CommandError;
use crate::output::message;

/// What is standardised.
#[derive(Args)]
pub struct StandardizeOption {
    /// Brings each real input column that the prediction reads to mean 0 and deviation 1, by the training rows; with names,
    /// as in --standardize=x,y, those inputs and outcomes. Predictions of such an outcome are in the units of the file
    #[arg(long, value_name = "NAME,…", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = names)]
    standardize: Option<Names>,
}

/// The option that would mend training that diverged, if one would. `standardized` is what was standardized.
pub fn remedy<'a>(diverged: &'a Diverged, standardized: impl Iterator<Item = &'a str>) -> Option<String> {
    let named = |names: &[&str]| format!("--standardize={}", names.join(","));
    if !diverged.unfit.is_empty() {
        let others: Vec<&str> = standardized.filter(|name| diverged.unfit.iter().all(|unfit| unfit != name)).collect();
        return Some(match others[..] {
            [] => "leave --standardize out".into(),
            _ => format!("{} leaves it out", named(&others)),
        });
    }
    let large: Vec<&str> = diverged.large.iter().map(|(name, _)| name.as_str()).collect();
    let advises = matches!(diverged.cause, Cause::Rate(_)) && diverged.epoch > 0 && !diverged.only_in_f32;
    let all: Vec<&str> = standardized.chain(large.iter().copied()).collect();
    (advises && !large.is_empty()).then(|| named(&all))
}

/// The names; none means what the prediction reads.
#[derive(Clone, Debug)]
struct Names(Vec<String>);

fn names(text: &str) -> Result<Names, String> {
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_string()).collect();
    match &names[..] {
        [nothing] if nothing.is_empty() => Ok(Names(Vec::new())),
        _ if names.iter().any(String::is_empty) => Err("names of inputs or outcomes would be right, as in x,y".into()),
        _ => Ok(Names(names)),
    }
}

impl StandardizeOption {
    /// What is done to rows, by the statistics of these.
    pub fn transforms(&self, function: &Function, rows: &Dataset) -> Result<Transforms, CommandError> {
        match self.standardize.as_ref().map(|Names(names)| &names[..]) {
            None => Ok(Transforms::new()),
            Some([]) => {
                let transforms = Transforms::standardizing_read(function, rows);
                let inputs = rows.fields().iter().filter(|field| field.role == Role::Input);
                let is_left = |name: &str| transforms.inputs().all(|other| other != name);
                for field in inputs.filter(|field| field.kind == chainrule::Kind::Real && is_left(&field.name)) {
                    message(format!(
                        "input `{0}` is not standardized, since the prediction does not read it; --standardize={0} would",
                        field.name
                    ));
                }
                Ok(transforms)
            }
            Some(names) => {
                let named = Transforms::standardizing_named(function, rows, names);
                named.map_err(|error: LearnError| CommandError::of_option("--standardize", &error))
            }
        }
    }

    /// What is standardised, as the doctor takes it.
    pub fn scaling(&self) -> Scaling {
        match &self.standardize {
            None => Scaling::None,
            Some(Names(names)) if names.is_empty() => Scaling::Inputs,
            Some(Names(names)) => Scaling::Named(names.clone()),
        }
    }

    /// As it is kept with the model.
    pub fn as_json(&self) -> Value {
        match &self.standardize {
            None => json!(false),
            Some(Names(names)) if names.is_empty() => json!(true),
            Some(Names(names)) => json!(names),
        }
    }
}
