//! Which rows are held out: as many of each class as its share is.

use std::borrow::Cow;

use chainrule_graph::Kind;

use crate::data::dataset::Dataset;
use crate::data::field::{Field, Role};
use crate::error::LearnError;
use crate::random::{self, Purpose};

impl Dataset {
    /// A part to train on, and a part held out: round(rows · fraction) rows, at least one, drawn by the seed. Both
    /// parts keep the order of the rows. Where just one outcome is a single whole number, both have as many of each class as
    /// its share is, by largest remainders; a class of one row stays in training.
    ///
    /// # Errors
    /// A fraction outside (0, 1); no row left to train on.
    pub fn split(&self, fraction: f64, seed: u64) -> Result<(Dataset, Dataset), LearnError> {
        let fault = |problem: String| LearnError::Setting { name: "the fraction held out", problem };
        if !(fraction > 0.0 && fraction < 1.0) {
            return Err(fault(format!("is {fraction}; a number in (0, 1) would be right")));
        }
        let rows = self.rows();
        let held = ((rows as f64 * fraction).round() as usize).max(1);
        if held >= rows {
            return Err(fault(format!(
                "is {fraction}: of {rows} row{} in {} it leaves none to train on",
                if rows == 1 { "" } else { "s" },
                self.file()
            )));
        }
        let held = held_out(rows, held, self.classes().as_deref(), seed);
        let mut is_held = vec![false; rows];
        held.iter().for_each(|&row| is_held[row] = true);
        let training: Vec<usize> = (0..rows).filter(|&row| !is_held[row]).collect();
        Ok((self.select(&training), self.select(&held)))
    }

    /// The class of each row, if just one outcome is a single whole number.
    fn classes(&self) -> Option<Cow<'_, [f64]>> {
        let is_class =
            |field: &Field| field.role == Role::Outcome && field.kind == Kind::Int && field.shape.rank() == 0;
        let mut found = self.fields().iter().enumerate().filter(|(_, field)| is_class(field));
        match (found.next(), found.next()) {
            (Some((index, _)), None) => Some(self.values_at(index)),
            _ => None,
        }
    }
}

/// `held` of the rows, drawn by the seed, ascending; `classes` are their classes, where they have any. The rows of a class are
/// held out by its share, what is left over by the largest remainders (Hamilton's method); a class of one row is not, and at
/// least one row of each class is kept. Where that leaves too few to hold out, classes are no matter.
fn held_out(rows: usize, held: usize, classes: Option<&[f64]>, seed: u64) -> Vec<usize> {
    let order = random::permutation(rows, &mut random::generator(seed, Purpose::Split));
    let mut chosen = match classes.and_then(|classes| seats(classes, held).map(|seats| (classes, seats))) {
        None => order[..held].to_vec(),
        Some((classes, mut seats)) => order
            .into_iter()
            .filter(|&row| match seats.iter_mut().find(|(class, _)| *class == classes[row]) {
                Some((_, left @ 1..)) => {
                    *left -= 1;
                    true
                }
                _ => false,
            })
            .collect(),
    };
    chosen.sort_unstable();
    chosen
}

/// How many rows of each class are held out; none if there are not enough that may be.
fn seats(classes: &[f64], held: usize) -> Option<Vec<(f64, usize)>> {
    let mut counts: Vec<(f64, usize)> = Vec::new();
    let mut sorted = classes.to_vec();
    sorted.sort_by(f64::total_cmp);
    for class in sorted {
        match counts.last_mut() {
            Some((last, count)) if *last == class => *count += 1,
            _ => counts.push((class, 1)),
        }
    }
    if counts.iter().map(|(_, count)| count - 1).sum::<usize>() < held {
        return None;
    }
    let share = |count: usize| held as f64 * count as f64 / classes.len() as f64;
    let mut seats: Vec<usize> = counts.iter().map(|&(_, count)| (share(count) as usize).min(count - 1)).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    let remainder = |index: usize| share(counts[index].1) - share(counts[index].1).floor();
    // Of equal ones the rarer class comes first, so that it is held out at all.
    order.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)).then(counts[a].1.cmp(&counts[b].1)));
    let mut left = held - seats.iter().sum::<usize>();
    while left > 0 {
        for &index in order.iter().filter(|&&index| seats[index] < counts[index].1 - 1).take(left).collect::<Vec<_>>() {
            seats[index] += 1;
            left -= 1;
        }
    }
    Some(counts.into_iter().map(|(class, _)| class).zip(seats).collect())
}
