//! The gradients of a model of the tour, compared with differences.

use chainrule::check::{CheckOptions, check_function};

use super::models::TourModel;
use crate::commands::check::{rules, verdict};
use crate::error::CommandError;
use crate::model_file::ModelFile;

/// How many rules the gradient of a model is made of, if every one agrees with differences. Errors: one does not.
pub fn checked_rules(model: &TourModel) -> Result<usize, CommandError> {
    let file = ModelFile::parse(model.file.into(), model.graph.into())?;
    let sizes = model.checked_at.iter().map(|&(name, size)| (name.into(), size)).collect();
    let function = file.build_small(&sizes)?;
    let report = check_function(&function, &CheckOptions::default())
        .map_err(|error| CommandError::mistake(format!("{}: {error}", file.name())))?;
    verdict(&report, file.name())?;
    Ok(rules(&report))
}
