//! Training that begins with what another model has learned.

use std::path::Path;

use chainrule::Shape;
use chainrule::learn::{Parameters, SavedModel};

use crate::error::CommandError;
use crate::output::message;

/// Gives the parameters the values of the saved model's with the same name and shape, and says which those are.
pub fn take(path: &Path, parameters: &mut Parameters) -> Result<(), CommandError> {
    let saved = SavedModel::load(path)?;
    let values = || saved.parameters.iter().map(|(name, value)| (name.as_str(), value));
    let taken = parameters.take(values())?;
    if taken.is_empty() {
        return Err(CommandError::mistake(format!(
            "--init: no parameter of {} has the name and shape of one of the model: it has {}, the model {}",
            path.display(),
            listed(values().map(|(name, value)| (name, value.shape()))),
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
