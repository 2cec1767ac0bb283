//! The floors: each package uses only those below it, in its tests too.

use crate::metadata::Package;

/// The floors from below. Whoever adds a package says where it stands.
const FLOORS: &[(usize, &str)] = &[
    (0, "chainrule-kernels"),
    (1, "chainrule-graph"),
    (2, "chainrule-exec"),
    (2, "chainrule-draw"),
    (3, "chainrule-learn"),
    (3, "chainrule-check"),
    (4, "chainrule-doctor"),
    (5, "chainrule"),
    (6, "chainrule-cli"),
    (6, "bench"),
    (6, "course"),
];

/// It looks after all of them, and uses none.
const ALONE: &str = "xtask";

/// Which package uses one beside or above it.
pub fn problems(packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for Package { name, inner, .. } in packages.iter().filter(|package| !package.external) {
        if name == ALONE {
            problems.extend(inner.iter().map(|used| format!("{name} uses {used}; it must stay light")));
            continue;
        }
        let Some(floor) = floor(name) else {
            problems.push(format!("{name} has no floor; give it one in xtask/src/tidy/floors.rs"));
            continue;
        };
        for used in inner {
            if self::floor(used).is_none_or(|below| below >= floor) {
                problems.push(format!("{name} (floor {floor}) uses {used}, which is not below it"));
            }
        }
    }
    problems
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().find(|(_, other)| *other == name).map(|(floor, _)| *floor)
}
