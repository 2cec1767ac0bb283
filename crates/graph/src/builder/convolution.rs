//! Convolutions as contractions of windows, and their transposes as folds of contractions.

use super::{PerAxis, Var};
use crate::node::Kind;
use crate::ops::WindowDimensions;
use crate::shape::Shape;

/// Windows do not slide over more axes than these: there are no letters for them, and nobody has use for them.
pub(super) const MOST_AXES: usize = 3;

/// The zeros around what a window slides over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Padding {
    /// So many on both sides.
    Zeros(PerAxis),
    /// As many as give ⌈n/stride⌉ results of n elements: in all max(0, (results − 1) · stride + span − n), the odd one at the
    /// end.
    Same,
}

impl<T: Into<PerAxis>> From<T> for Padding {
    fn from(zeros: T) -> Padding {
        Padding::Zeros(zeros.into())
    }
}

/// How a convolution slides: `Convolution::default().stride(2).padding(1)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convolution {
    stride: PerAxis,
    padding: Padding,
    dilation: PerAxis,
    extra: PerAxis,
    groups: usize,
}

/// Every element, without padding, in one group.
impl Default for Convolution {
    fn default() -> Convolution {
        let one = PerAxis::from(1);
        Convolution { stride: one.clone(), padding: 0.into(), dilation: one, extra: 0.into(), groups: 1 }
    }
}

impl Convolution {
    /// How far the next window lies; 1, if it is not said.
    #[must_use]
    pub fn stride(self, stride: impl Into<PerAxis>) -> Convolution {
        Convolution { stride: stride.into(), ..self }
    }

    /// The zeros around the input; none, if it is not said. Of a transposed convolution, how much of the result is cut off
    /// on both sides.
    #[must_use]
    pub fn padding(self, padding: impl Into<Padding>) -> Convolution {
        Convolution { padding: padding.into(), ..self }
    }

    /// How far apart the elements of a window lie; 1, if it is not said.
    #[must_use]
    pub fn dilation(self, dilation: impl Into<PerAxis>) -> Convolution {
        Convolution { dilation: dilation.into(), ..self }
    }

    /// How many results more than the fewest a transposed convolution has, at the end of each axis; 0, if it is not said. A
    /// convolution takes none.
    #[must_use]
    pub fn extra(self, extra: impl Into<PerAxis>) -> Convolution {
        Convolution { extra: extra.into(), ..self }
    }

    /// In how many groups the channels are, each with weights of its own; 1, if it is not said.
    #[must_use]
    pub fn groups(self, groups: usize) -> Convolution {
        Convolution { groups, ..self }
    }

    /// The settings of each of `count` axes; what is wrong with them.
    fn per_axis(&self, count: usize) -> Result<Settings, String> {
        let settings = Settings {
            strides: self.stride.each("stride", count)?,
            dilations: self.dilation.each("dilation", count)?,
            padding: match &self.padding {
                Padding::Zeros(zeros) => Some(zeros.each("padding", count)?),
                Padding::Same => None,
            },
            extra: self.extra.each("extra", count)?,
        };
        for (what, numbers) in [("stride", &settings.strides), ("dilation", &settings.dilations)] {
            if numbers.contains(&0) {
                return Err(format!("a {what} of 0; it is at least 1"));
            }
        }
        if self.groups == 0 { Err("0 groups; there is at least 1".into()) } else { Ok(settings) }
    }
}

/// The settings of each axis; without padding, that of `Padding::Same`.
struct Settings {
    strides: Vec<usize>,
    dilations: Vec<usize>,
    padding: Option<Vec<usize>>,
    extra: Vec<usize>,
}

impl Settings {
    /// How many elements a window of this size spans.
    fn span(&self, axis: usize, size: usize) -> usize {
        self.dilations[axis].saturating_mul(size.saturating_sub(1)).saturating_add(1)
    }

    /// The zeros before and after an axis of n elements for windows of this size.
    fn zeros(&self, axis: usize, n: usize, size: usize) -> (usize, usize) {
        match &self.padding {
            Some(padding) => (padding[axis], padding[axis]),
            None => {
                let stride = self.strides[axis];
                let last = n.div_ceil(stride).saturating_sub(1).saturating_mul(stride);
                let all = last.saturating_add(self.span(axis, size)).saturating_sub(n);
                (all / 2, all - all / 2)
            }
        }
    }

    fn windows(&self, first: usize, sizes: &[usize]) -> WindowDimensions {
        WindowDimensions {
            axes: (first..first + sizes.len()).collect(),
            sizes: sizes.to_vec(),
            strides: self.strides.clone(),
            dilations: self.dilations.clone(),
        }
    }
}

/// Methods that convolve.
impl<'g> Var<'g> {
    /// The cross-correlation of x `[C, n…]` with weights `[O, C/groups, k…]` over 1 to 3 axes: `[O, m…]`, where
    /// m = ⌊(n + padding − span)/stride⌋ + 1 and the span of a window is dilation · (k − 1) + 1. The channels of group g are
    /// taken by the g-th part of the weights alone.
    #[track_caller]
    pub fn convolution(self, weights: Var<'g>, options: &Convolution) -> Var<'g> {
        let settings = match self.convolved(weights, options, "convolution") {
            Ok(settings) => settings,
            Err(failed) => return failed,
        };
        let (x, w) = (self.shape(), weights.shape());
        let (sizes, groups) = (&w[2..], options.groups);
        if x[0] != groups.saturating_mul(w[1]) || !w[0].is_multiple_of(groups) {
            let help = match x[0].is_multiple_of(groups) {
                true if groups == 1 => format!("for {} channels the weights are [O, {}, …]", x[0], x[0]),
                true => format!("the weights are [O, {}, …], with O a multiple of {groups}", x[0] / groups),
                false => format!("{groups} groups do not divide {} channels", x[0]),
            };
            let message = misfit(self, weights, groups);
            return self.builder.fail(format!("convolution: {message}"), Some(help));
        }
        let zeros: Vec<(usize, usize)> =
            sizes.iter().enumerate().map(|(axis, &size)| settings.zeros(axis, x[axis + 1], size)).collect();
        for (axis, &size) in sizes.iter().enumerate() {
            let (span, padded) =
                (settings.span(axis, size), x[axis + 1].saturating_add(zeros[axis].0).saturating_add(zeros[axis].1));
            if size == 0 || span > padded {
                let message = format!(
                    "convolution: a window of {size} elements, which spans {span}, does not fit into axis {} of {}, which \
                     has {padded} with its padding",
                    axis + 1,
                    self.describe()
                );
                let help = "make the window smaller, or the padding larger; channels are the first axis";
                return self.builder.fail(message, Some(help.into()));
            }
        }
        self.builder.composed("convolution", &[self, weights], |_| {
            let [x, w] = [self.to_real(), weights.to_real()];
            let (x, w) = (x.surrounded(&zeros).grouped(0, groups), w.grouped(0, groups));
            let windows = x.windows(settings.windows(x.rank() - sizes.len(), sizes));
            let (positions, inside) = (&"pqr"[..sizes.len()], &"xyz"[..sizes.len()]);
            let group = if groups == 1 { "" } else { "g" };
            let equation = format!("{group}c{positions}{inside},{group}oc{inside}->{group}o{positions}");
            windows.contract(w, &equation).ungrouped(groups)
        })
    }

    /// The adjoint of a convolution with these weights, `[C, O/groups, k…]` for x `[C, n…]`: each element of x spreads the
    /// weights over the results, `[O, m…]` with m = (n − 1) · stride − 2 · padding + span + extra.
    #[track_caller]
    pub fn convolution_transpose(self, weights: Var<'g>, options: &Convolution) -> Var<'g> {
        let settings = match self.convolved(weights, options, "convolution_transpose") {
            Ok(settings) => settings,
            Err(failed) => return failed,
        };
        let (x, w) = (self.shape(), weights.shape());
        let (sizes, groups) = (&w[2..], options.groups);
        let fail =
            |message: String, help: String| self.builder.fail(format!("convolution_transpose: {message}"), Some(help));
        if w[0] != x[0] || !x[0].is_multiple_of(groups) {
            let message = misfit(self, weights, groups);
            let help = match x[0].is_multiple_of(groups) {
                true => format!("the weights are [{}, O/groups, …]", x[0]),
                false => format!("{groups} groups do not divide {} channels", x[0]),
            };
            return fail(message, help);
        }
        let Some(cut) = &settings.padding else {
            return fail("there is no padding \"same\"".into(), "give the padding as a number".into());
        };
        let mut lengths = Vec::with_capacity(sizes.len());
        for (axis, &size) in sizes.iter().enumerate() {
            let n = x[axis + 1];
            let steps = n.saturating_sub(1).saturating_mul(settings.strides[axis]);
            let full = steps.saturating_add(settings.span(axis, size));
            if n == 0 || size == 0 || full.saturating_add(settings.extra[axis]) < cut[axis].saturating_mul(2) {
                let message = format!(
                    "{} with a window of {size} and a padding of {} leaves nothing along axis {}",
                    self.describe(),
                    cut[axis],
                    axis + 1
                );
                return fail(message, "make the padding smaller".into());
            }
            if full > Shape::MAX_SIZE {
                let message =
                    format!("{} would make {full} results along axis {}, too large", self.describe(), axis + 1);
                return fail(message, "make the stride or the dilation smaller".into());
            }
            lengths.push(full);
        }
        let cut: Vec<(usize, usize)> = cut.iter().copied().zip(settings.extra.iter().copied()).collect();
        self.builder.composed("convolution_transpose", &[self, weights], |_| {
            let [x, w] = [self.to_real(), weights.to_real()];
            let (x, w) = (x.grouped(0, groups), w.grouped(0, groups));
            let (positions, inside) = (&"pqr"[..sizes.len()], &"xyz"[..sizes.len()]);
            let group = if groups == 1 { "" } else { "g" };
            let equation = format!("{group}c{positions},{group}co{inside}->{group}o{positions}{inside}");
            let windows = x.contract(w, &equation);
            let first = windows.rank() - 2 * sizes.len();
            windows.fold(settings.windows(first, sizes), &lengths).ungrouped(groups).cut(&cut)
        })
    }

    /// What is wrong with the operands and the settings of any convolution; else the settings of each axis.
    #[track_caller]
    fn convolved(self, weights: Var<'g>, options: &Convolution, name: &str) -> Result<Settings, Var<'g>> {
        let builder = self.builder;
        if self.failed() || weights.failed() {
            return Err(builder.poisoned());
        }
        let (axes, rank) = (self.rank().saturating_sub(1), weights.rank());
        let odd = [self, weights].into_iter().find(|var| var.kind() != Kind::Real);
        let message = match odd {
            Some(var) => format!("takes real numbers, not {} of kind {}", var.describe(), var.kind()),
            None if axes == 0 || axes > MOST_AXES => {
                format!("takes channels and 1 to {MOST_AXES} axes, not {}", self.describe())
            }
            None if rank != axes + 2 => {
                format!("over {axes} axes takes weights of {} axes, not {}", axes + 2, weights.describe())
            }
            None => return options.per_axis(axes).map_err(|problem| builder.fail(format!("{name}: {problem}"), None)),
        };
        let help = "the input is [channels, n…] for one example, the weights [channels, channels, k…]";
        Err(builder.fail(format!("{name} {message}"), Some(help.into())))
    }

    /// Zeros around all axes but the first.
    #[track_caller]
    fn surrounded(self, zeros: &[(usize, usize)]) -> Var<'g> {
        if zeros.iter().all(|&zeros| zeros == (0, 0)) {
            return self;
        }
        let side = |side: fn(&(usize, usize)) -> usize| -> Vec<usize> {
            std::iter::once(0).chain(zeros.iter().map(side)).collect()
        };
        self.pad(&side(|zeros| zeros.0), &side(|zeros| zeros.1))
    }

    /// All axes but the first, so many elements less on both sides, and so many more at the end.
    #[track_caller]
    fn cut(self, cut: &[(usize, usize)]) -> Var<'g> {
        if cut.iter().all(|&cut| cut == (0, 0)) {
            return self;
        }
        let more: Vec<(usize, usize)> = cut.iter().map(|&(_, extra)| (0, extra)).collect();
        let longer = self.surrounded(&more);
        let shape = longer.shape();
        let start: Vec<usize> = std::iter::once(0).chain(cut.iter().map(|cut| cut.0)).collect();
        let stop: Vec<usize> = shape.iter().zip(&start).map(|(n, start)| n.saturating_sub(*start)).collect();
        longer.slice(&start, &stop)
    }

    /// An axis as two, the groups and what is in each; of one group the same.
    #[track_caller]
    fn grouped(self, axis: usize, groups: usize) -> Var<'g> {
        if groups == 1 {
            return self;
        }
        let shape = self.shape();
        let split = [groups, shape[axis] / groups];
        self.reshape(shape[..axis].iter().chain(&split).chain(&shape[axis + 1..]).copied().collect::<Shape>())
    }

    /// The first two axes as one, if there are several groups.
    #[track_caller]
    fn ungrouped(self, groups: usize) -> Var<'g> {
        let shape = self.shape();
        if groups == 1 || self.failed() {
            return self;
        }
        self.reshape(std::iter::once(shape[0] * shape[1]).chain(shape[2..].iter().copied()).collect::<Shape>())
    }
}

fn misfit(x: Var<'_>, weights: Var<'_>, groups: usize) -> String {
    let groups = if groups == 1 { String::new() } else { format!(" in {groups} groups") };
    format!("{} and weights {}{groups} do not fit", x.describe(), weights.describe())
}
