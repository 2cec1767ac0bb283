//! Handwritten digits: 1,797 images of 8×8 pixels with their class.
//!
//! E. Alpaydin, C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository, CC BY 4.0.

use chainrule_graph::Kind;

use crate::data::dataset::Dataset;
use crate::data::field::{Field, Role};
use crate::data::table::Table;
use crate::error::LearnError;

/// The pixels of an image.
pub const PIXELS: usize = 64;
/// The number of classes.
pub const CLASSES: usize = 10;

const FILE: &[u8] = include_bytes!("../../data/digits.csv.gz");

/// The table: columns x0 … x63, pixels by rows from 0 to 16, and y, the class from 0 to 9.
///
/// # Errors
/// The embedded file is damaged, which the tests rule out.
pub fn table() -> Result<Table, LearnError> {
    Table::from_bytes("digits.csv.gz", FILE.to_vec())
}

/// The rows as input `x`, of shape `[64]`, and outcome `y`, a whole number below 10.
///
/// # Errors
/// Those of [`table`].
pub fn dataset() -> Result<Dataset, LearnError> {
    let field = |name: &str, role, kind, bound, columns: Vec<String>, shape| Field {
        name: name.into(),
        role,
        kind,
        bound,
        shape,
        columns,
        reading: Default::default(),
    };
    let pixels = (0..PIXELS).map(|i| format!("x{i}")).collect();
    let fields = [
        field("x", Role::Input, Kind::Real, None, pixels, [PIXELS].into()),
        field("y", Role::Outcome, Kind::Int, Some(CLASSES), vec!["y".into()], [].into()),
    ];
    Dataset::read(&table()?, &fields)
}
