//! A step function of a number, with noise: the regression problem of the course.

use chainrule_graph::{Kind, Shape};
use rand_core::Rng;
use rand_distr::{Distribution, StandardNormal, StudentT};

use chainrule_kernels::philox::unit53;

use crate::data::dataset::Dataset;
use crate::data::field::{Field, Role};
use crate::data::step_features::StepFeatures;
use crate::random::{self, Purpose};

const POINTS: usize = 1000;
const STEPS: usize = 10;
const NOISE: f64 = 0.25;
const NOISE_FREEDOM: f64 = 6.0;

/// Points x, uniform on [0, 1) and sorted, and y = target(x) + 0.25 t₆, where t₆ is Student's with 6 degrees of freedom
/// and the target is Σ cᵢ φᵢ(x) over step functions φᵢ(x) = 1[x ≥ i/400]: 10 indices drawn with replacement, cᵢ from
/// N(0, 1).
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// All 1,000 points: input `x` [] and outcome `y` [].
    pub points: Dataset,
    /// A random tenth of them, to train on.
    pub training: Dataset,
    /// The rest.
    pub validation: Dataset,
    steps: Vec<(f64, f64)>,
}

impl Regression {
    /// The step functions that the target is made of, and that make good features.
    pub const FEATURES: StepFeatures = StepFeatures { count: 400 };

    /// The problem that a seed gives.
    pub fn generate(seed: u64) -> Regression {
        let mut generator = random::generator(seed, Purpose::Problem);
        let mut x: Vec<f64> = (0..POINTS).map(|_| unit53(generator.next_u64())).collect();
        x.sort_by(f64::total_cmp);
        let mut step = || {
            let threshold = Regression::FEATURES.threshold(random::below(Regression::FEATURES.count, &mut generator));
            (threshold, StandardNormal.sample(&mut generator))
        };
        let steps: Vec<(f64, f64)> = (0..STEPS).map(|_| step()).collect();
        let noise = StudentT::new(NOISE_FREEDOM).expect("six is a positive number of degrees of freedom");
        let y = x.iter().map(|&x| target(&steps, x) + NOISE * noise.sample(&mut generator)).collect();
        let mut training = random::permutation(POINTS, &mut generator);
        let mut validation = training.split_off(POINTS / 10);
        training.sort_unstable();
        validation.sort_unstable();
        let fields = vec![(field("x", Role::Input), x), (field("y", Role::Outcome), y)];
        let points = Dataset::new("the regression problem", POINTS, fields).expect("a number for each point");
        Regression { training: points.select(&training), validation: points.select(&validation), points, steps }
    }

    /// The target at x: what y is without the noise.
    pub fn target(&self, x: f64) -> f64 {
        target(&self.steps, x)
    }
}

/// The sum of the heights of all steps at or before x.
fn target(steps: &[(f64, f64)], x: f64) -> f64 {
    steps.iter().filter(|(threshold, _)| x >= *threshold).map(|(_, height)| height).sum()
}

fn field(name: &str, role: Role) -> Field {
    Field {
        name: name.into(),
        role,
        kind: Kind::Real,
        bound: None,
        shape: Shape::scalar(),
        columns: vec![name.into()],
        reading: Default::default(),
    }
}
