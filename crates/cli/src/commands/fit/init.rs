//! Training that begins with what another model has learned.

use std::path::Path;

use chainrule::Shape;
use chainrule::learn::{Parameters, Rename, Weights};

use crate::error::CommandError;
use crate::output::message;

/// Gives the parameters the values of a file: those that the renames say, and those of the same name and shape; says which
/// those are.
pub fn take(path: &Path, renames: &[Rename], parameters: &mut Parameters) -> Result<(), CommandError> {
    let weights = Weights::read(path)?;
    let given = weights.given(renames, parameters)?;
    let taken = parameters.take(given.iter().map(|(name, value)| (name.as_str(), value)))?;
    if taken.is_empty() {
        return Err(CommandError::mistake(format!(
            "--init: no parameter of {} has the name and shape of one of the model: it has {}, the model {}; \
             --rename NAME=PARAMETER says which is which",
            path.display(),
            listed(weights.tensors().map(|(name, value)| (name, value.shape()))),
            listed(parameters.iter().map(|(name, value)| (name, value.shape()))),
        )));
    }
    let others: Vec<_> = parameters.iter().filter(|(name, _)| !taken.iter().any(|taken| taken == name)).collect();
    let rest = match others.is_empty() {
        true => String::new(),
        false => format!("; {} as the model says", listed(others.iter().map(|(name, value)| (*name, value.shape())))),
    };
    let taken = parameters.iter().filter(|(name, _)| taken.iter().any(|taken| taken == name));
    let taken = listed(taken.map(|(name, value)| (name, value.shape())));
    message(format!("{taken} start with the values of {}{rest}", path.display()));
    Ok(())
}

/// `` `w` [3], `b` [] `` and so on, few of them.
fn listed<'a>(parameters: impl Iterator<Item = (&'a str, &'a Shape)>) -> String {
    const FEW: usize = 12;
    let all: Vec<String> = parameters.map(|(name, shape)| format!("`{name}` {shape}")).collect();
    let more = if all.len() > FEW { format!(" and {} more", all.len() - FEW) } else { String::new() };
    match all.is_empty() {
        true => "none".into(),
        false => all[..all.len().min(FEW)].join(", ") + &more,
    }
}
