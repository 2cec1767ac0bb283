//! How fast a table is read, beside the time that the library for CSV takes to pass over its cells.

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use chainrule_graph::text;
use chainrule_learn::{FieldDeclaration, Selection, Table, assign};

use crate::table::{median, table};

const ROWS: usize = 1_000_000;
const COLUMNS: usize = 30;
/// How often each is timed, in turn.
const TIMES: usize = 5;
/// What reading may take at most, in passes of the library.
const AT_MOST: f64 = 3.0;

/// Prints the times for a table of a million rows.
///
/// # Errors
/// The table that was made is not read.
pub fn print() -> Result<(), String> {
    let bytes = made();
    let failed = |error: &dyn std::fmt::Display| error.to_string();
    let source = "input x [d]\noutcome y []\nparam w [d] = 0\nprediction = dot(w, x)\nobjective = (prediction - y)^2";
    let declarations = FieldDeclaration::all_of(&text::parse(source).map_err(|error| failed(&error))?);
    let (mut ours, mut passes) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        passes.push(pass(&bytes)?);
        let copy = bytes.clone();
        let start = Instant::now();
        let table = Table::from_bytes("made.csv", copy).map_err(|error| failed(&error))?;
        let assigned = assign(&declarations, &table, &Selection::default(), &[]).map_err(|error| failed(&error))?;
        ours.push(start.elapsed().as_secs_f64());
        black_box(assigned.sizes.len());
    }
    let (ours, pass) = (median(ours), median(passes));
    let row = [format!("{ours:.3}"), format!("{pass:.3}"), format!("{:.2}", ours / pass), format!("{AT_MOST}")];
    println!("\nA table of {ROWS} rows and {COLUMNS} columns, {} MB, read\n", bytes.len() / 1_000_000);
    println!("{}", table(&["ours s", "csv alone s", "ratio", "at most"], vec![row.to_vec()]));
    Ok(())
}

/// The seconds of one pass over all cells.
fn pass(bytes: &[u8]) -> Result<f64, String> {
    let start = Instant::now();
    let mut reader = csv::Reader::from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let mut length = 0;
    while reader.read_byte_record(&mut record).map_err(|error| error.to_string())? {
        length += record.iter().map(<[u8]>::len).sum::<usize>();
    }
    black_box(length);
    Ok(start.elapsed().as_secs_f64())
}

/// Numbers as measurements have them, of six digits or so.
fn made() -> Vec<u8> {
    let mut text: String = (0..COLUMNS - 1).map(|column| format!("x{column},")).collect();
    text += "y\n";
    let mut state = 1u64;
    for _ in 0..ROWS {
        for column in 0..COLUMNS {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let number = (state >> 33) as f64 / 2f64.powi(31) * 20.0 - 10.0;
            let end = if column + 1 == COLUMNS { '\n' } else { ',' };
            write!(text, "{number:.5}{end}").expect("a String takes every text");
        }
    }
    text.into_bytes()
}
