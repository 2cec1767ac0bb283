//! Random nodes: what is drawn anew for every example, training step and step of a loop.

use std::collections::HashSet;

use super::{Builder, Operand, Var};
use crate::node::{NodeId, Value};
use crate::ops::random::STREAMS;
use crate::ops::{Op, Random, Source};
use crate::shape::Shape;

/// What random nodes read, and which streams they have.
#[derive(Default)]
pub(super) struct Sources {
    key: Option<Value>,
    example: Option<Value>,
    streams: HashSet<u64>,
}

impl Builder {
    /// Numbers uniform on [0, 1), drawn anew for every example, training step and step of a loop: the same for the same seed,
    /// scope, step, example and element.
    ///
    /// ```
    /// use chainrule_graph::{Builder, phase, Phase};
    ///
    /// let builder = Builder::new();
    /// let (mean, log_variance) = (builder.input("mean", [8]), builder.input("log_variance", [8]));
    /// let z = builder.scope("z", |builder| mean + (0.5 * log_variance).exp() * builder.normal([8]));
    /// assert_eq!(z.shape()[..], [8]);
    /// # builder.finish()?;
    /// # Ok::<(), chainrule_graph::GraphError>(())
    /// ```
    #[track_caller]
    pub fn uniform(&self, shape: impl Into<Shape>) -> Var<'_> {
        let shape = shape.into();
        self.composed("uniform", &[], |builder| builder.drawn(shape))
    }

    /// Numbers of the normal distribution of mean 0 and deviation 1, drawn as those of [`Builder::uniform`] are.
    #[track_caller]
    pub fn normal(&self, shape: impl Into<Shape>) -> Var<'_> {
        let shape: Shape = shape.into();
        self.composed("normal", &[], |builder| {
            // Box and Muller 1958: √(−2 ln(1 − u)) cos(2πv) of two uniform numbers, the first of which is below 1
            let both = builder.drawn(shape.with_leading(2));
            let (u, v) = (both.index(0), both.index(1));
            (-2.0 * (-u).log1p()).sqrt() * (std::f64::consts::TAU * v).cos()
        })
    }

    /// 1 with the probability p, else 0, drawn as the numbers of [`Builder::uniform`] are. p is a number from 0 to 1, or a
    /// value that broadcasts to the shape.
    #[track_caller]
    pub fn bernoulli<'g>(&'g self, p: impl Into<Operand<'g>>, shape: impl Into<Shape>) -> Var<'g> {
        let (p, shape) = (p.into(), shape.into());
        if let Operand::Literal(p) = p
            && !(0.0..=1.0).contains(&p)
        {
            return self.fail(format!("bernoulli takes a probability from 0 to 1, not {p}"), None);
        }
        if let Operand::Var(p) = p
            && !p.failed()
            && p.shape().broadcast(&shape).as_ref() != Some(&shape)
        {
            let found = p.describe();
            let message = format!("bernoulli of shape {shape} takes a probability that broadcasts to it, not {found}");
            return self.fail(message, None);
        }
        self.composed("bernoulli", &[], |builder| builder.drawn(shape).less(p).to_real())
    }

    /// Numbers uniform on [0, 1), by the stream of the present scope.
    #[track_caller]
    pub(crate) fn drawn(&self, shape: Shape) -> Var<'_> {
        let stream = self.stream();
        let inputs: Vec<Var<'_>> = [self.random_key(), self.random_example()].into_iter().chain(self.steps()).collect();
        self.push(Random { stream, shape }, &inputs)
    }

    /// What all draws depend on: the seed and the training step, as a run says them.
    pub fn random_key(&self) -> Var<'_> {
        self.source_of_draws(Source::RandomKey, |sources| &mut sources.key)
    }

    /// Which example is computed, by its row in the data.
    pub fn random_example(&self) -> Var<'_> {
        self.source_of_draws(Source::RandomExample { shape: Shape::scalar() }, |sources| &mut sources.example)
    }

    /// A source of the function's own graph, made where it is asked for first.
    fn source_of_draws(&self, source: Source, known: fn(&mut Sources) -> &mut Option<Value>) -> Var<'_> {
        let op = Op::from(source);
        self.in_function(|builder| {
            let found = *known(&mut builder.state.borrow_mut().sources);
            let found = found.or_else(|| {
                let state = builder.state.borrow();
                let nodes = state.frame.function.graph.nodes();
                nodes.iter().position(|node| node.op == op).map(|index| NodeId::from_index(index).into())
            });
            let var = match found {
                Some(id) => builder.current(id),
                None => builder.within(None, |builder| builder.push(op.clone(), &[])),
            };
            *known(&mut builder.state.borrow_mut().sources) = var.id;
            var
        })
    }

    /// A stream that no other random node has: a hash of the path of the present scope, so that what is built elsewhere changes
    /// none.
    fn stream(&self) -> u64 {
        let path = self.fixed_scope_path().unwrap_or_default();
        let streams = &mut self.state.borrow_mut().sources.streams;
        let nth = |n: u64| hash(path.bytes().chain(n.to_le_bytes()));
        (0..).map(nth).find(|&stream| streams.insert(stream)).unwrap_or_default() // there are more than nodes
    }
}

/// FNV-1a (Fowler, Noll and Vo), its upper bits folded into the lower.
fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ (hash / STREAMS)) % STREAMS
}
