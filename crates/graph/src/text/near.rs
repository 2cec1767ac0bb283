//! The known name that an unknown one was probably meant to be.

/// The candidate nearest to `name`, if it is near enough to be a typing mistake.
pub fn near<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near_within(name, candidates, 1 + name.chars().take(64).count() / 4)
}

/// The candidate nearest to `name`, if no more than `allowed` letters are wrong.
pub fn near_within<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>, allowed: usize) -> Option<&'a str> {
    let letters: Vec<char> = name.chars().take(64).collect();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name && candidate.len().abs_diff(name.len()) <= 4 * allowed)
        .map(|candidate| (distance(&letters, &candidate.chars().take(64).collect::<Vec<_>>()), candidate))
        // A name of which every letter is replaced is another name.
        .filter(|&(distance, candidate)| distance <= allowed && distance < candidate.chars().count().max(letters.len()))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters are added, dropped, replaced, or swapped with their neighbour; upper and lower case count as one.
fn distance(a: &[char], b: &[char]) -> usize {
    let same = |x: char, y: char| x == y || x.to_lowercase().eq(y.to_lowercase());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(!same(a[i - 1], b[j - 1]));
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]) {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}
