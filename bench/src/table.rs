//! Times, and tables of them.

use std::time::Instant;

use comfy_table::{CellAlignment, Table};

/// A table whose columns after the first are numbers.
pub fn table(heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.set_header(heading.to_vec());
    rows.into_iter().for_each(|row| {
        table.add_row(row);
    });
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

pub fn microseconds(seconds: f64) -> String {
    let microseconds = seconds * 1e6;
    if microseconds < 10.0 { format!("{microseconds:.3}") } else { format!("{microseconds:.1}") }
}

/// Seconds of one call.
pub fn time(work: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The shortest of the calls that `seconds` have room for, and of three at least.
pub fn fastest(seconds: f64, work: &mut dyn FnMut()) -> f64 {
    work();
    let begin = Instant::now();
    let mut least = (0..3).map(|_| time(work)).fold(f64::INFINITY, f64::min);
    while begin.elapsed().as_secs_f64() < seconds {
        least = least.min(time(work));
    }
    least
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
