//! Which values an input takes: the one check of all that comes in.
//!
//! The reference and the compiled engine ask here before they take a value, and so may everyone who reads values from
//! elsewhere: a table's cells, a command line's words.

use chainrule_graph::ops::Source;
use chainrule_graph::{Function, Graph, IntegerRange, Kind, NodeId, Op, Shape, Tensor};
use chainrule_kernels::Float;

use crate::admission::{ElementType, Inadmissible};
use crate::error::{ExecError, check_values};

/// What an input takes: a shape, and what each element may be.
///
/// ```
/// use chainrule_exec::InputType;
/// use chainrule_graph::{Builder, Kind, Tensor};
///
/// let builder = Builder::new();
/// builder.input_of("class", [2], Kind::Int, Some(3));
/// let graph = builder.finish_graph()?;
/// let takes = InputType::of(&graph, graph.find("class").expect("it is an input").node);
/// assert_eq!(takes.elements.to_string(), "a whole number from 0 to 2");
/// assert!(takes.check(&Tensor::vector([0.0, 2.0])).is_ok());
/// let error = takes.check(&Tensor::vector([0.0, 3.0])).unwrap_err();
/// assert_eq!(error.to_string(), "takes a whole number from 0 to 2, not 3 (element 1)");
/// # Ok::<(), chainrule_graph::GraphError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct InputType {
    /// The shape of the value.
    pub shape: Shape,
    /// What each of its elements may be.
    pub elements: ElementType,
}

impl InputType {
    /// What a node of inputs takes, as it was declared; and, where that is bounded, the number that stands in place of a class
    /// that is left out.
    pub fn of(graph: &Graph, id: NodeId) -> InputType {
        let node = graph.node(id);
        let bound = if let Op::Source(Source::Input { bound, .. }) = node.op { bound } else { None };
        let output = &node.outputs[0];
        let ignored = bound.and_then(|_| graph.ignored(id));
        let range = IntegerRange { ignored, ..IntegerRange::within(bound) };
        let elements = ElementType { kind: output.kind, range };
        InputType { shape: output.shape.clone(), elements }
    }

    /// What an input or outcome of a function takes: as it was declared, and of the integers those alone that its uses
    /// allow, see [`Function::integer_range`].
    ///
    /// # Errors
    /// The function has no such node.
    pub fn within(function: &Function, id: NodeId) -> Result<InputType, ExecError> {
        check_values(&function.graph, [id])?;
        let mut takes = InputType::of(&function.graph, id);
        if takes.elements.kind == Kind::Int {
            takes.elements.range = function.integer_range(id);
        }
        Ok(takes)
    }

    /// Whether it takes a value.
    ///
    /// # Errors
    /// The value has another shape, or an element that is none of those it takes.
    pub fn check(&self, value: &Tensor) -> Result<(), Inadmissible> {
        if *value.shape() != self.shape {
            return Err(Inadmissible::Shape { expected: self.shape.clone(), found: value.shape().clone() });
        }
        self.elements.check(value.data())
    }

    /// Whether it takes these elements, in row-major order.
    ///
    /// # Errors
    /// There are more or fewer elements than its shape has, or one is none of those it takes.
    pub fn check_elements<T: Float>(&self, elements: &[T]) -> Result<(), Inadmissible> {
        if elements.len() != self.shape.size() {
            return Err(Inadmissible::Length { expected: self.shape.clone(), found: elements.len() });
        }
        self.elements.check(elements)
    }
}
