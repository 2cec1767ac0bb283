//! The utterances of two vowels by nine speakers, for the recurrent network.
//!
//! M. Kudo, J. Toyama, M. Shimbo, *Japanese Vowels*, UCI Machine Learning Repository, CC BY 4.0; each brought to 25 steps.

use chainrule::Kind;
use chainrule::learn::{Arrays, Dataset, Field, LearnError, Role};

/// The names and the contents of the files: the rows to train on, and those to validate on.
pub const FILES: [(&str, &[u8]); 2] = [
    ("vowels_train.npz", include_bytes!("../../../../../data/vowels_train.npz")),
    ("vowels_test.npz", include_bytes!("../../../../../data/vowels_test.npz")),
];

const STEPS: usize = 25;
const NUMBERS: usize = 12;
const SPEAKERS: usize = 9;

/// The rows to train on and those to validate on: input `x` [25, 12], outcome `y`, a whole number below 9.
pub fn datasets() -> Result<[Dataset; 2], LearnError> {
    let columns = (0..STEPS * NUMBERS).map(|index| format!("x{index}")).collect();
    let fields = [
        field("x", Role::Input, Kind::Real, None, columns, &[STEPS, NUMBERS]),
        field("y", Role::Outcome, Kind::Int, Some(SPEAKERS), vec!["y".into()], &[]),
    ];
    let [training, validation] = FILES.map(|(name, bytes)| {
        let arrays = Arrays::from_bytes(name, bytes.to_vec())?;
        Dataset::read_arrays(&arrays, &fields)
    });
    Ok([training?, validation?])
}

fn field(name: &str, role: Role, kind: Kind, bound: Option<usize>, columns: Vec<String>, shape: &[usize]) -> Field {
    Field { name: name.into(), role, kind, bound, shape: shape.into(), columns, reading: Default::default() }
}
