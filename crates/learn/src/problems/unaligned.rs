//! Sequences in which something is said, made up without a word about when.

use chainrule_graph::Function;
use rand_distr::{Distribution, StandardNormal};

use crate::data::dataset::Dataset;
use crate::data::field::Field;
use crate::error::LearnError;
use crate::random::{self, Purpose};

/// How far an element is from what it says: one standard deviation.
const NOISE: f64 = 0.3;
/// A label lasts so many steps at most.
const LONGEST: usize = 3;

/// Rows for a function of one sequence `x [steps, classes]` and its labels `y [labels]`, such as `ctc` learns: a label lasts from one to
/// three steps, in which its element is 1, but for some noise; class 0 is silence, and stands between equal labels at least. After the
/// last label follows −1. The seed decides them.
///
/// ```
/// use chainrule_graph::text;
/// use chainrule_learn::problems::unaligned;
///
/// let source = "input x [9, 4]\noutcome y [2] int < 4\nobjective = ctc(x, y)\n";
/// let function = text::parse(source)?.build(&Default::default())?;
/// let data = unaligned(&function, 50, 0)?;
/// assert_eq!(data.values("x")?.len(), 50 * 9 * 4);
/// assert!(data.values("y")?.chunks(2).all(|labels| labels[0] >= 1.0 && labels[1] != 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The function has another shape than that.
pub fn unaligned(function: &Function, rows: usize, seed: u64) -> Result<Dataset, LearnError> {
    let other = || LearnError::Setting {
        name: "the function",
        problem: "has no sequence x [steps, classes] beside labels y [labels]".into(),
    };
    let (&[x], &[y]) = (&function.inputs[..], &function.outcomes[..]) else { return Err(other()) };
    let [x, y] = [Field::of(function, function.name(x))?, Field::of(function, function.name(y))?];
    let (&[steps, classes], &[most]) = (&x.shape[..], &y.shape[..]) else { return Err(other()) };
    let mut generator = random::generator(seed, Purpose::Problem);
    let (mut inputs, mut labels) = (Vec::with_capacity(rows * steps * classes), Vec::with_capacity(rows * most));
    for _ in 0..rows {
        let (mut said, mut heard) = (Vec::new(), Vec::new());
        for _ in 0..1 + random::below(most.max(1), &mut generator) {
            let label = 1 + random::below(classes.saturating_sub(1).max(1), &mut generator);
            let silence = if said.last() == Some(&label) { 1 } else { random::below(2, &mut generator) };
            let length = 1 + random::below(LONGEST, &mut generator);
            if heard.len() + silence + length > steps {
                break;
            }
            heard.extend(std::iter::repeat_n(0, silence).chain(std::iter::repeat_n(label, length)));
            said.push(label);
        }
        heard.resize(steps, 0);
        for class in heard {
            let element = |other: usize| if other == class { 1.0 } else { 0.0 };
            inputs.extend((0..classes).map(|other| {
                let noise: f64 = StandardNormal.sample(&mut generator);
                element(other) + NOISE * noise
            }));
        }
        labels.extend((0..most).map(|place| said.get(place).map_or(-1.0, |&label| label as f64)));
    }
    Dataset::new("made up", rows, [(x, inputs), (y, labels)])
}
