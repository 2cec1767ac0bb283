//! Names made unique by a number, in constant time each, however often a stem is used.

use std::collections::HashMap;

/// For each stem, a number below which the stem with 2, 3, … after it is always taken.
#[derive(Default)]
pub(super) struct NameNumbers(HashMap<String, usize>);

impl NameNumbers {
    /// `stem`, or the first of the stem with 2, 3, … after it that is not taken; `between` stands before the number.
    pub fn unique(&mut self, stem: &str, between: &str, taken: impl Fn(&str) -> bool) -> String {
        if !taken(stem) {
            return stem.to_string();
        }
        let number = self.0.entry(stem.to_string()).or_insert(2);
        loop {
            let name = format!("{stem}{between}{number}");
            if !taken(&name) {
                return name;
            }
            *number += 1;
        }
    }

    /// A name is free again.
    pub fn release(&mut self, name: &str, between: &str) {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        if let (Some(stem), Ok(number)) = (stem.strip_suffix(between), name[stem.len()..].parse::<usize>())
            && let Some(first) = self.0.get_mut(stem)
        {
            *first = number.clamp(2, *first);
        }
    }
}
