//! The builder: plain expressions become nodes, each checked as it is added.
//!
//! The first mistake is kept, with the line of the call; what follows from it stays silent, and [`Builder::finish`]
//! returns it. Nothing panics.

mod activations;
mod arrays;
mod attention;
mod broadcasting;
mod convolution;
mod ctc;
mod declarations;
mod elementary;
mod frames;
pub mod layers;
mod losses;
mod naming;
mod nodes;
mod numbering;
mod operators;
mod per_axis;
mod pool;
mod random;
mod roles;
pub(crate) mod stable;
mod statistics;
mod var;

use std::cell::RefCell;
use std::panic::Location;

use crate::error::GraphError;
use crate::function::Function;
use crate::graph::Graph;
use crate::node::{Node, Origin, Output, ScopeId, Span, Value};
use crate::ops::{Op, TensorType};
use crate::shape::Shape;
use crate::verify::verify;

pub use attention::Attention;
pub use convolution::{Convolution, Padding};
pub(crate) use frames::BuiltBody;
use frames::Frame;
pub use losses::CrossEntropy;
pub(crate) use naming::Place;
pub use operators::Operand;
pub use per_axis::PerAxis;
pub use pool::Pool;
pub use var::Var;

/// Builds a graph, or goes on building one.
///
/// ```
/// use chainrule_graph::{Builder, Initializer};
///
/// let builder = Builder::new();
/// let x = builder.input("x", [3]);
/// let y = builder.outcome("y", []);
/// let w = builder.parameter("w", [3], Initializer::Normal { mean: 0.0, std: 0.1 });
/// let prediction = w.dot(x);
/// builder.prediction(prediction);
/// builder.objective((prediction - y).power(2.0));
/// let function = builder.finish()?;
/// assert_eq!(function.parameters.len(), 1);
///
/// // Shapes are checked as nodes are added; the first mistake is what `finish` returns.
/// let builder = Builder::new();
/// let x = builder.input("x", [3]);
/// let _ = builder.input("w", [4]).dot(x);
/// let mistake = builder.finish().unwrap_err();
/// assert_eq!(mistake.message, "dot: shapes [4] and [3] do not fit: axis 0 of `w` has 4, axis 0 of `x` has 3");
/// # Ok::<(), chainrule_graph::GraphError>(())
/// ```
#[derive(Default)]
pub struct Builder {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// The graph that nodes are added to.
    frame: Frame,
    /// Those around it, the outermost first, while the body of a loop is built.
    outer: Vec<Frame>,
    /// How many bodies were begun.
    bodies: u32,
    /// What random nodes read of the function's own graph.
    sources: random::Sources,
    /// Where nodes are said to come from, instead of the line of the call.
    origin: Option<Origin>,
    /// Whether formulas are built as they are written, also those that have a stable form.
    verbatim: bool,
    error: Option<GraphError>,
}

impl Builder {
    /// An empty graph.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Goes on with a function; its nodes keep their ids.
    pub fn extend(function: Function) -> Builder {
        let scopes = function.graph.scopes.iter().enumerate();
        let scope_paths = scopes.map(|(i, scope)| (scope.path.clone(), ScopeId(i as u32))).collect();
        let frame = Frame { function, scope_paths, ..Frame::default() };
        Builder { state: RefCell::new(State { frame, ..State::default() }) }
    }

    /// Goes on with a graph; its nodes keep their ids.
    pub fn extend_graph(graph: Graph) -> Builder {
        Builder::extend(Function { graph, ..Function::default() })
    }

    /// An empty graph with the scopes of another.
    pub(crate) fn with_scopes_of(graph: &Graph) -> Builder {
        Builder::extend_graph(Graph::with_scopes(graph.scopes.clone())).into_verbatim()
    }

    /// From here on, ops are built as they are written: for passes, and for derivatives.
    pub(crate) fn into_verbatim(self) -> Builder {
        self.state.borrow_mut().verbatim = true;
        self
    }

    /// Runs `build` with ops built as they are written.
    pub(crate) fn verbatim<'g, R>(&'g self, build: impl FnOnce(&'g Builder) -> R) -> R {
        let outer = std::mem::replace(&mut self.state.borrow_mut().verbatim, true);
        let result = build(self);
        self.state.borrow_mut().verbatim = outer;
        result
    }

    /// The function.
    ///
    /// # Errors
    ///
    /// The first mistake, with the line of the call; roles that contradict one another, such as a prediction that needs an
    /// outcome.
    pub fn finish(self) -> Result<Function, GraphError> {
        let mut state = self.state.into_inner();
        debug_assert!(state.outer.is_empty(), "a body ends where it began");
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        roles::check(&state.frame.function)?;
        debug_assert_eq!(verify(&state.frame.function.graph), Ok(()));
        Ok(state.frame.function)
    }

    /// The graph alone.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::finish`].
    pub fn finish_graph(self) -> Result<Graph, GraphError> {
        self.finish().map(|function| function.graph)
    }

    /// The first mistake so far.
    pub fn error(&self) -> Option<GraphError> {
        self.state.borrow().error.clone()
    }

    /// The first mistake so far, after which the builder goes on as if it had not been made. The handles that it left
    /// behind still stand for no node. For whoever builds step by step and reports at once, as a notebook does.
    pub fn take_error(&self) -> Option<GraphError> {
        self.state.borrow_mut().error.take()
    }

    /// Runs `build` with its nodes and mistakes said to come from a stretch of a text.
    pub fn at<'g, R>(&'g self, span: Span, build: impl FnOnce(&'g Builder) -> R) -> R {
        self.with_origin(Origin::Text(span), build)
    }

    /// Runs `build` with its nodes and mistakes said to come from there, instead of from the lines of the calls. A binding
    /// to another language says so where its user's call stands ([`Origin::File`]).
    pub fn with_origin<'g, R>(&'g self, origin: Origin, build: impl FnOnce(&'g Builder) -> R) -> R {
        let outer = self.state.borrow_mut().origin.replace(origin);
        let result = build(self);
        self.state.borrow_mut().origin = outer;
        result
    }

    /// The value of that name; in the body of a loop perhaps one from around it.
    pub fn find(&self, name: &str) -> Option<Var<'_>> {
        let state = self.state.borrow();
        let (frame, id) =
            state.innermost_first().find_map(|frame| Some((frame.number, frame.function.graph.find(name)?)))?;
        Some(Var { builder: self, id: Some(id), frame })
    }

    /// The handle of a value of this builder's graph. One that the graph has not is a mistake.
    #[track_caller]
    pub fn var(&self, id: impl Into<Value>) -> Var<'_> {
        let id = id.into();
        let known = self.state.borrow().frame.function.graph.check_values([id]);
        match known {
            Ok(()) => self.current(id),
            Err(error) => self.fail(error.message, error.help),
        }
    }

    /// How many nodes there are so far.
    pub fn len(&self) -> usize {
        self.state.borrow().frame.function.graph.nodes.len()
    }

    /// Whether there is no node yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a node: the op on these inputs, whose shapes and kinds must be just what the op takes. Returns its output, of
    /// several the first.
    #[track_caller]
    pub fn push<'g>(&'g self, op: impl Into<Op>, inputs: &[Var<'g>]) -> Var<'g> {
        self.push_all(op.into(), inputs).first().copied().unwrap_or_else(|| self.poisoned())
    }

    /// Adds a node and returns all of its outputs; none after a mistake.
    #[track_caller]
    pub fn push_all<'g>(&'g self, op: Op, inputs: &[Var<'g>]) -> Vec<Var<'g>> {
        let origin = self.origin(Location::caller());
        if inputs.iter().any(|input| self.is_foreign(*input, &origin) || input.failed()) {
            return Vec::new();
        }
        let inputs: Vec<Var<'g>> = inputs.iter().map(|&input| self.captured(input)).collect();
        let ids: Vec<Value> = inputs.iter().filter_map(|input| input.id).collect();
        if ids.len() < inputs.len() {
            return Vec::new();
        }
        let types: Vec<TensorType> = {
            let state = self.state.borrow();
            ids.iter().map(|&id| state.frame.function.graph.output(id).tensor_type()).collect()
        };
        let outputs = match op.infer(&types) {
            Ok(outputs) => outputs,
            Err(error) => {
                let names: Vec<String> = inputs.iter().map(|input| input.describe_name()).collect();
                let message = format!("{}({}) {}", op.name(), names.join(", "), error.0);
                self.keep_error(GraphError { message, help: None, origin });
                return Vec::new();
            }
        };
        if let Some(large) = outputs.iter().find(|output| output.shape.checked_size().is_none()) {
            let message = format!("{} would make {}, too large a value", op.name(), large.shape);
            let help = format!("a value has at most {} elements, empty axes aside", Shape::MAX_SIZE);
            self.keep_error(GraphError { message, help: Some(help), origin });
            return Vec::new();
        }
        let mut state = self.state.borrow_mut();
        let scope = state.frame.scope;
        let outputs: Vec<Output> = outputs.into_iter().map(Output::unnamed).collect();
        let count = outputs.len();
        let id = state.frame.function.graph.push(Node { op, inputs: ids, outputs, scope, origin });
        let frame = state.frame.number;
        (0..count).map(|index| Var { builder: self, id: Some(id.output(index)), frame }).collect()
    }

    /// Keeps a mistake, unless there is one already, and returns a handle on which nothing more is reported.
    #[track_caller]
    pub fn fail(&self, message: String, help: Option<String>) -> Var<'_> {
        let origin = self.origin(Location::caller());
        self.keep_error(GraphError { message, help, origin });
        self.poisoned()
    }

    fn keep_error(&self, error: GraphError) {
        self.state.borrow_mut().error.get_or_insert(error);
    }

    pub(crate) fn poisoned(&self) -> Var<'_> {
        Var { builder: self, id: None, frame: 0 }
    }

    fn origin(&self, location: &'static Location<'static>) -> Origin {
        self.state.borrow().origin.clone().unwrap_or(Origin::Code(location))
    }

    /// Whether a handle is another builder's, which is a mistake.
    fn is_foreign(&self, var: Var<'_>, origin: &Origin) -> bool {
        let foreign = !std::ptr::eq(self, var.builder);
        if foreign {
            let help = Some("build the whole graph with one builder".into());
            self.keep_error(GraphError { message: "a node of another builder".into(), help, origin: origin.clone() });
        }
        foreign
    }

    /// The value behind a handle, if there was no mistake and the handle is this builder's own; in the body of a loop, what
    /// stands for it there.
    #[track_caller]
    pub(crate) fn own(&self, var: Var<'_>) -> Option<Value> {
        let origin = self.origin(Location::caller());
        if self.is_foreign(var, &origin) {
            return None;
        }
        self.captured(Var { builder: self, id: var.id, frame: var.frame }).id
    }

    /// A handle of a value of the graph that nodes are added to.
    fn current(&self, id: Value) -> Var<'_> {
        Var { builder: self, id: Some(id), frame: self.state.borrow().frame.number }
    }
}
