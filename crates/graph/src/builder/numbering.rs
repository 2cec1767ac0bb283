//! Names made unique by a number, in constant time each, however often a stem is used.

use std::collections::HashMap;

/// For each stem, a number below which `stem_2`, `stem_3`, … are all taken.
#[derive(Default)]
pub(super) struct NameNumbers(HashMap<String, usize>);

impl NameNumbers {
    /// `stem`, or the first of `stem_2`, `stem_3`, … that is not taken.
    pub fn unique(&mut self, stem: &str, taken: impl Fn(&str) -> bool) -> String {
        if !taken(stem) {
            return stem.to_string();
        }
        let number = self.0.entry(stem.to_string()).or_insert(2);
        loop {
            let name = format!("{stem}_{number}");
            if !taken(&name) {
                return name;
            }
            *number += 1;
        }
    }

    /// A name is free again.
    pub fn release(&mut self, name: &str) {
        if let Some((stem, number)) = name.rsplit_once('_')
            && let Ok(number) = number.parse::<usize>()
            && let Some(first) = self.0.get_mut(stem)
        {
            *first = number.clamp(2, *first);
        }
    }
}
