//! Healthy models, as people write them.

mod convex;
mod layered;
mod networks;

pub use convex::{blobs, curve, logistic, plane, poisson, ridge, robust};
pub use layered::{bells, gated, normed, pictures, thinned};
pub use networks::{autoencoder, deep, digits, moons, pairs, parabola, rings, spiral, surface, wave, xor};

use crate::specimen::Specimen;
use crate::tables;

/// All of them.
pub fn all() -> Vec<Specimen> {
    vec![
        plane(),
        ridge(),
        logistic(),
        blobs(),
        wave(),
        parabola(),
        moons(),
        xor(),
        rings(),
        spiral(),
        surface(),
        poisson(),
        robust(),
        autoencoder(),
        digits(),
        pairs(),
        deep(),
        curve(),
        bells(),
        gated(),
        normed(),
        pictures(),
        thinned(),
    ]
}

/// With columns called otherwise.
pub fn renamed(mut columns: tables::Columns, names: &[(&str, &str)]) -> tables::Columns {
    for (name, _) in &mut columns.0 {
        if let Some((_, new)) = names.iter().find(|(old, _)| old == name) {
            *name = new.to_string();
        }
    }
    columns
}
