//! Judges nodes: forward by values worked out by hand, backward by differences of forward.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use chainrule::check::{CheckError, CheckOptions, Draw, Draws, Elements, check_output};
use chainrule::exec::{Bindings, ExecError, reference};
use chainrule::{Builder, CustomNode, Graph, Kind, NodeId, Shape, Tensor, Var};

use super::{Wrong, described};
use crate::Homework;

/// A node, what it reads, and where its rule is derived.
struct Exercise<'a> {
    node: &'a Arc<dyn CustomNode>,
    inputs: &'a [Input],
    read: &'a str,
}

/// An input by its name, its shape, and how it is drawn where backward is checked.
struct Input {
    name: &'static str,
    shape: Shape,
    draw: Draw,
}

fn input<const N: usize>(name: &'static str, shape: [usize; N]) -> Input {
    Input { name, shape: shape.into(), draw: Draw::Normal }
}

/// a + b.
///
/// # Errors
/// What is wrong with it; so for all of them.
pub fn sum(homework: &Homework) -> Result<(), Wrong> {
    let exercise = Exercise {
        node: &homework.sum,
        inputs: &[input("a", [2]), input("b", [2])],
        read: "book/src/chain_rule.md: p = s + b",
    };
    exercise.forward(&[&[1.0, 2.0], &[10.0, 30.0]], &[11.0, 32.0])?;
    exercise.backward()
}

/// λ‖w‖².
///
/// # Errors
/// What is wrong with it.
pub fn l2_penalty(homework: &Homework) -> Result<(), Wrong> {
    let exercise = Exercise {
        node: &(homework.l2_penalty)(0.5),
        inputs: &[input("w", [3])],
        read: "book/src/ridge.md: along the penalty",
    };
    exercise.forward(&[&[1.0, -2.0, 4.0]], &[10.5])?; // ½ (1 + 4 + 16)
    exercise.backward()
}

/// Wx + b.
///
/// # Errors
/// What is wrong with it.
pub fn affine(homework: &Homework) -> Result<(), Wrong> {
    let exercise = Exercise {
        node: &homework.affine,
        inputs: &[input("W", [2, 3]), input("x", [3]), input("b", [2])],
        read: "book/src/layers.md: (a) to (d)",
    };
    // (1·1 + 2·0 + 3·(−1) + 10, 4·1 + 5·0 + 6·(−1) + 20)
    exercise.forward(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1.0, 0.0, -1.0], &[10.0, 20.0]], &[8.0, 18.0])?;
    exercise.backward()
}

/// tanh a.
///
/// # Errors
/// What is wrong with it.
pub fn tanh(homework: &Homework) -> Result<(), Wrong> {
    let exercise =
        Exercise { node: &homework.tanh, inputs: &[input("a", [3])], read: "book/src/layers.md: (e), the tanh node" };
    // tanh (ln 2) = (2 − ½)/(2 + ½)
    exercise.forward(&[&[0.0, 2f64.ln(), -(2f64.ln())]], &[0.0, 0.6, -0.6])?;
    exercise.backward()?;
    // An output that is no tanh of the input tells from which of the two the rule computes: 3 (1 − ½²).
    let (a, h, g) = (Tensor::vector([2.0]), Tensor::vector([0.5]), Tensor::vector([3.0]));
    let mut found = [Tensor::zeros([1])];
    exercise.node.backward(&[a], &h, &g, &mut found).map_err(|problem| exercise.wrong("backward", &problem))?;
    match found[0].data() {
        [found] if near(*found, 2.25) => Ok(()),
        _ => Err(exercise.wrong("backward", "computes tanh once more: its value is the output, which it is given")),
    }
}

/// Softmax.
///
/// # Errors
/// What is wrong with it.
pub fn softmax(homework: &Homework) -> Result<(), Wrong> {
    let exercise = Exercise {
        node: &homework.softmax,
        inputs: &[input("z", [3])],
        read: "book/src/softmax.md: the derivative of softmax",
    };
    exercise.forward(&[&[0.0, 2f64.ln(), 5f64.ln()]], &[0.125, 0.25, 0.625])?;
    exercise.forward(&[&[1000.0, 1000.0, 0.0]], &[0.5, 0.5, 0.0])?;
    exercise.forward(&[&[-1000.0, 0.0, 1000.0]], &[0.0, 0.0, 1.0])?;
    exercise.forward(&[&[-1000.0, -1000.0, -1000.0]], &[1.0 / 3.0; 3])?;
    exercise.backward()
}

/// −log s_y.
///
/// # Errors
/// What is wrong with it.
pub fn nll(homework: &Homework) -> Result<(), Wrong> {
    let probabilities = Input { draw: Draw::Uniform { low: 0.1, high: 1.0 }, ..input("s", [3]) };
    let class = Input { draw: Draw::Integers { least: 0, below: 3 }, ..input("y", []) };
    let exercise = Exercise {
        node: &homework.nll,
        inputs: &[probabilities, class],
        read: "book/src/softmax.md: the negative log-likelihood",
    };
    exercise.forward(&[&[0.25, 0.5, 0.25], &[0.0]], &[4f64.ln()])?;
    exercise.forward(&[&[0.25, 0.5, 0.25], &[1.0]], &[2f64.ln()])?;
    exercise.backward()
}

impl Exercise<'_> {
    fn wrong(&self, rule: &str, problem: &str) -> Wrong {
        Wrong(format!("\nthe {rule} of `{}` {problem}\n  see {}\n", self.node.name(), self.read))
    }

    /// The node alone on its inputs: the graph, the inputs and the node.
    fn graph(&self) -> Result<(Graph, Vec<NodeId>, NodeId), Wrong> {
        let builder = Builder::new();
        let declared = |input: &Input| {
            let is_drawn_whole = matches!(input.draw, Draw::Integers { .. });
            let kind = if is_drawn_whole { Kind::Int } else { Kind::Real };
            builder.input_of(input.name, input.shape.clone(), kind, None)
        };
        let inputs: Vec<Var<'_>> = self.inputs.iter().map(declared).collect();
        let node = builder.custom(Arc::new(Guarded(self.node.clone())), &inputs);
        let ids: Option<Vec<NodeId>> = inputs.iter().map(|var| Some(var.id()?.node)).collect();
        let node = node.id().map(|value| value.node);
        let graph = builder.finish_graph().map_err(|error| self.wrong("shape", &error.to_string()))?;
        let ids = ids.zip(node).expect("a graph without a mistake has all its nodes");
        Ok((graph, ids.0, ids.1))
    }

    /// Whether forward gives that output of these inputs.
    fn forward(&self, given: &[&[f64]], right: &[f64]) -> Result<(), Wrong> {
        let (graph, ids, node) = self.graph()?;
        let tensors =
            self.inputs.iter().zip(given).zip(ids).filter_map(|((input, values), id)| {
                Some((id, Tensor::new(input.shape.clone(), values.to_vec()).ok()?))
            });
        let bindings: Bindings = tensors.collect();
        let values = reference::evaluate(&graph, &bindings, &[node]);
        let values = values.map_err(|error| self.wrong("forward", &problem(&error)))?;
        let pairs = values[node].data().iter().zip(right).enumerate();
        match pairs.into_iter().find(|(_, (found, right))| !near(**found, **right)) {
            None => Ok(()),
            Some((index, (found, right))) => {
                let given = self.inputs.iter().zip(given).map(|(input, values)| format!("{} = {values:?}", input.name));
                let given = given.collect::<Vec<_>>().join(", ");
                let problem = format!("is wrong: y[{index}] is {found}, by hand it is {right}; for {given}");
                Err(self.wrong("forward", &problem))
            }
        }
    }

    /// Whether backward agrees with differences of forward, entry by entry.
    fn backward(&self) -> Result<(), Wrong> {
        let (graph, ids, node) = self.graph()?;
        let mut draws = Draws::new();
        self.inputs.iter().zip(ids).for_each(|(input, id)| {
            draws.set(id, input.draw.clone());
        });
        let options = CheckOptions { elements: Elements::OneByOne, second: false, ..CheckOptions::default() };
        let report = check_output(&graph, node, &draws, &options);
        let report = report.map_err(|error| match error {
            CheckError::Run(error) => self.wrong("backward", &problem(&error)),
            error => self.wrong("backward", &format!("can't be checked: {error}")),
        })?;
        let failures: Vec<String> = report.failures.iter().map(described).collect();
        if failures.is_empty() {
            Ok(())
        } else {
            Err(Wrong(format!("\n{}\n  see {}\n", failures.join("\n"), self.read)))
        }
    }
}

/// A node whose panics are errors, so that what is told names the rule; the line is told by the panic itself.
#[derive(Debug)]
struct Guarded(Arc<dyn CustomNode>);

impl CustomNode for Guarded {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.0.shape(inputs)
    }

    fn forward(&self, x: &[Tensor], y: &mut [f64]) -> Result<(), String> {
        catch_unwind(AssertUnwindSafe(|| self.0.forward(x, y))).unwrap_or_else(|panic| Err(broken_off(&*panic)))
    }

    fn backward(&self, x: &[Tensor], y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        catch_unwind(AssertUnwindSafe(|| self.0.backward(x, y, g, dx))).unwrap_or_else(|panic| Err(broken_off(&*panic)))
    }
}

/// What is said of a body that panicked, with the words of the panic.
fn broken_off(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("broke off at the line told above: {}", words.unwrap_or("a panic without words"))
}

/// What a node says of itself; that there is one node, and which, is known.
fn problem(error: &ExecError) -> String {
    match error {
        ExecError::Node { problem, .. } => problem.clone(),
        ExecError::Mismatch(_) | ExecError::ForeignNode { .. } | ExecError::Input { .. } | ExecError::Row { .. } => {
            format!("can't be run: {error}")
        }
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1.0)
}
