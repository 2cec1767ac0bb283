//! The builder: plain expressions become nodes, each checked as it is added.
//!
//! The first mistake is kept, with the line of the call; what follows from it stays silent, and [`Builder::finish`]
//! returns it. Nothing panics.

mod broadcasting;
mod nodes;
mod numbering;
mod operators;
mod var;

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::Location;
use std::sync::Arc;

use crate::error::GraphError;
use crate::function::{Function, Initializer, Parameter};
use crate::graph::{Graph, Update};
use crate::node::{Kind, Node, NodeId, Origin, Scope, ScopeId, Span};
use crate::ops::source::Constant;
use crate::ops::{Op, Source, TensorType};
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::verify::verify;

use numbering::Numbers;
pub use operators::Operand;
pub use var::Var;

/// Builds a graph, or goes on building one.
#[derive(Default)]
pub struct Builder {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    function: Function,
    scope_paths: HashMap<Arc<str>, ScopeId>,
    scope_numbers: Numbers,
    name_numbers: Numbers,
    scope: Option<ScopeId>,
    /// Where nodes are said to come from, instead of the line of the call.
    place: Option<Origin>,
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
        Builder { state: RefCell::new(State { function, scope_paths, ..State::default() }) }
    }

    /// Goes on with a graph; its nodes keep their ids.
    pub fn extend_graph(graph: Graph) -> Builder {
        Builder::extend(Function { graph, ..Function::default() })
    }

    /// An empty graph with the scopes of another.
    pub(crate) fn with_scopes_of(graph: &Graph) -> Builder {
        Builder::extend_graph(Graph { scopes: graph.scopes.clone(), ..Graph::default() })
    }

    /// The function, or the first mistake.
    pub fn finish(self) -> Result<Function, GraphError> {
        let mut state = self.state.into_inner();
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        check_roles(&state.function)?;
        debug_assert_eq!(verify(&state.function.graph), Ok(()));
        Ok(state.function)
    }

    /// The graph, or the first mistake.
    pub fn finish_graph(self) -> Result<Graph, GraphError> {
        self.finish().map(|function| function.graph)
    }

    /// An input of the function: a real value of the given shape.
    #[track_caller]
    pub fn input(&self, name: &str, shape: impl Into<Shape>) -> Var<'_> {
        self.input_of(name, shape, Kind::Real, None)
    }

    /// An input of any kind; whole numbers may have a bound that they stay below.
    #[track_caller]
    pub fn input_of(&self, name: &str, shape: impl Into<Shape>, kind: Kind, bound: Option<usize>) -> Var<'_> {
        let var = self.source(name, shape, kind, bound);
        var.id.inspect(|&id| self.state.borrow_mut().function.inputs.push(id));
        var
    }

    /// An outcome that the prediction is compared with: a real value of the given shape.
    #[track_caller]
    pub fn outcome(&self, name: &str, shape: impl Into<Shape>) -> Var<'_> {
        self.outcome_of(name, shape, Kind::Real, None)
    }

    /// An outcome of any kind: a class is a whole number, perhaps with a bound that it stays below.
    #[track_caller]
    pub fn outcome_of(&self, name: &str, shape: impl Into<Shape>, kind: Kind, bound: Option<usize>) -> Var<'_> {
        let var = self.source(name, shape, kind, bound);
        var.id.inspect(|&id| self.state.borrow_mut().function.outcomes.push(id));
        var
    }

    /// A value to be learned.
    #[track_caller]
    pub fn parameter(&self, name: &str, shape: impl Into<Shape>, initializer: Initializer) -> Var<'_> {
        let shape = shape.into();
        if matches!(initializer, Initializer::Glorot | Initializer::He) && shape.rank() < 2 {
            return self.fail(
                format!("`{name}` of shape {shape} has too few axes for glorot or he"),
                Some("they need two axes or more; use normal(0, 0.1)".into()),
            );
        }
        let var = self.source(name, shape, Kind::Real, None);
        var.id.inspect(|&node| self.state.borrow_mut().function.parameters.push(Parameter { node, initializer }));
        var
    }

    /// A value that is kept from run to run and has no gradient. Say its next value by [`Builder::update`].
    #[track_caller]
    pub fn state(&self, name: &str, shape: impl Into<Shape>, initializer: Initializer) -> Var<'_> {
        let var = self.source(name, shape, Kind::Real, None);
        var.id.inspect(|&node| self.state.borrow_mut().function.state.push(Parameter { node, initializer }));
        var
    }

    #[track_caller]
    fn source(&self, name: &str, shape: impl Into<Shape>, kind: Kind, bound: Option<usize>) -> Var<'_> {
        self.push(Op::Source(Source::Input { shape: shape.into(), kind, bound }), &[]).named(name)
    }

    /// An input without a name or a part; passes make them.
    pub(crate) fn anonymous_input(&self, shape: &Shape, kind: Kind) -> Var<'_> {
        self.push(Op::Source(Source::Input { shape: shape.clone(), kind, bound: None }), &[])
    }

    /// A fixed real value.
    #[track_caller]
    pub fn constant(&self, value: impl Into<Tensor>) -> Var<'_> {
        self.constant_of(value.into(), Kind::Real)
    }

    /// A fixed value of any kind.
    #[track_caller]
    pub fn constant_of(&self, value: Tensor, kind: Kind) -> Var<'_> {
        self.push(Op::Source(Source::Constant(Constant { value: Arc::new(value), kind })), &[])
    }

    /// Zeros of a shape, as copies of one.
    pub(crate) fn zeros(&self, shape: &Shape) -> Var<'_> {
        self.constant(0.0).broadcast_to(shape.clone())
    }

    /// The whole numbers 0, 1, …, length − 1.
    #[track_caller]
    pub fn iota(&self, length: usize) -> Var<'_> {
        self.push(Op::Source(Source::Iota { length }), &[])
    }

    /// Says what the function predicts.
    pub fn prediction(&self, var: Var<'_>) {
        if let Some(id) = self.own(var) {
            self.state.borrow_mut().function.prediction = Some(id);
            self.name_if_free(id, "prediction");
        }
    }

    /// Says what is to be made small.
    pub fn objective(&self, var: Var<'_>) {
        if let Some(id) = self.own(var) {
            self.state.borrow_mut().function.objective = Some(id);
            self.name_if_free(id, "objective");
        }
    }

    /// Says that a run replaces the value of `target`, a parameter or state, by that of `value`.
    #[track_caller]
    pub fn update(&self, target: Var<'_>, value: Var<'_>) {
        let (Some(target_id), Some(value_id)) = (self.own(target), self.own(value)) else { return };
        if target.shape() != value.shape() || target.kind() != value.kind() {
            self.fail(format!("{} cannot become {}: the shapes differ", target.describe(), value.describe()), None);
        } else if !matches!(target.node().map(|node| node.op), Some(Op::Source(Source::Input { .. }))) {
            self.fail(format!("{} is computed and can not be updated", target.describe()), None);
        } else if self.state.borrow().function.graph.updates.iter().any(|update| update.target == target_id) {
            self.fail(format!("{} is updated twice", target.describe()), None);
        } else {
            let update = Update { target: target_id, value: value_id };
            self.state.borrow_mut().function.graph.updates.push(update);
        }
    }

    /// Runs `build` with its nodes in a scope of that name; a name in use gets a number.
    pub fn scope<'g, R>(&'g self, name: &str, build: impl FnOnce(&'g Builder) -> R) -> R {
        let outer = self.state.borrow().scope;
        let path = {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            let stem = match outer {
                Some(scope) => format!("{}/{name}", state.function.graph.scope(scope).path),
                None => name.to_string(),
            };
            state.scope_numbers.unique(&stem, |path| state.scope_paths.contains_key(path))
        };
        let scope = self.open_scope(&path, outer);
        self.within(Some(scope), build)
    }

    pub(crate) fn scope_path(&self) -> Option<Arc<str>> {
        let state = self.state.borrow();
        state.scope.map(|scope| state.function.graph.scope(scope).path.clone())
    }

    pub(crate) fn within<'g, R>(&'g self, scope: Option<ScopeId>, build: impl FnOnce(&'g Builder) -> R) -> R {
        let outer = std::mem::replace(&mut self.state.borrow_mut().scope, scope);
        let result = build(self);
        self.state.borrow_mut().scope = outer;
        result
    }

    /// The scope of that full path, made if there is none.
    pub(crate) fn open_scope(&self, path: &str, parent: Option<ScopeId>) -> ScopeId {
        let mut state = self.state.borrow_mut();
        if let Some(&scope) = state.scope_paths.get(path) {
            return scope;
        }
        let scopes = &mut state.function.graph.scopes;
        let scope = ScopeId(scopes.len() as u32);
        let path: Arc<str> = path.into();
        scopes.push(Scope { path: path.clone(), parent });
        state.scope_paths.insert(path, scope);
        scope
    }

    /// Runs `build` with its nodes said to come from a stretch of a text.
    pub fn at<'g, R>(&'g self, span: Span, build: impl FnOnce(&'g Builder) -> R) -> R {
        self.with_origin(Origin::Text(span), build)
    }

    pub(crate) fn with_origin<'g, R>(&'g self, origin: Origin, build: impl FnOnce(&'g Builder) -> R) -> R {
        let outer = self.state.borrow_mut().place.replace(origin);
        let result = build(self);
        self.state.borrow_mut().place = outer;
        result
    }

    /// The first mistake so far.
    pub fn error(&self) -> Option<GraphError> {
        self.state.borrow().error.clone()
    }

    /// The node of that name.
    pub fn find(&self, name: &str) -> Option<Var<'_>> {
        self.state.borrow().function.graph.find(name).map(|id| self.var(id))
    }

    /// The handle of a node of this builder.
    pub fn var(&self, id: NodeId) -> Var<'_> {
        Var { builder: self, id: Some(id) }
    }

    /// How many nodes there are so far.
    pub fn len(&self) -> usize {
        self.state.borrow().function.graph.nodes.len()
    }

    /// Whether there is no node yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a node: the op on these inputs, whose shapes and kinds must be just what the op takes.
    #[track_caller]
    pub fn push<'g>(&'g self, op: Op, inputs: &[Var<'g>]) -> Var<'g> {
        let origin = self.origin(Location::caller());
        let Some(ids) = inputs.iter().map(|&input| self.own(input)).collect::<Option<Vec<NodeId>>>() else {
            return self.poisoned();
        };
        let facts: Vec<TensorType> = {
            let state = self.state.borrow();
            let nodes = ids.iter().map(|&id| state.function.graph.node(id));
            nodes.map(|node| TensorType::new(&node.shape, node.kind)).collect()
        };
        match op.infer(&facts) {
            Err(misfit) => {
                let names: Vec<String> = inputs.iter().map(|input| input.describe_name()).collect();
                self.fail(format!("{}({}) {}", op.name(), names.join(", "), misfit.0), None)
            }
            Ok(TensorType { shape, .. }) if shape.checked_size().is_none() => {
                let most = Shape::MAX_SIZE;
                let help = format!("a value has at most {most} entries, empty axes aside");
                self.fail(format!("{} would make {shape}, too large a value", op.name()), Some(help))
            }
            Ok(TensorType { shape, kind }) => {
                let mut state = self.state.borrow_mut();
                let scope = state.scope;
                let nodes = &mut state.function.graph.nodes;
                let id = NodeId::from_index(nodes.len());
                nodes.push(Node { op, inputs: ids, shape, kind, name: None, generated_name: false, scope, origin });
                Var { builder: self, id: Some(id) }
            }
        }
    }

    /// Keeps a mistake, unless there is one already, and returns a handle on which nothing more is reported.
    #[track_caller]
    pub fn fail(&self, message: String, help: Option<String>) -> Var<'_> {
        let origin = self.origin(Location::caller());
        self.state.borrow_mut().error.get_or_insert(GraphError { message, help, origin });
        self.poisoned()
    }

    pub(crate) fn poisoned(&self) -> Var<'_> {
        Var { builder: self, id: None }
    }

    fn origin(&self, location: &'static Location<'static>) -> Origin {
        self.state.borrow().place.clone().unwrap_or(Origin::Code(location))
    }

    /// The node behind a handle, if there was no mistake and the handle is this builder's own.
    #[track_caller]
    pub(crate) fn own(&self, var: Var<'_>) -> Option<NodeId> {
        if !std::ptr::eq(self, var.builder) {
            self.fail("a node of another builder".into(), Some("build the whole graph with one builder".into()));
            return None;
        }
        var.id
    }

    /// Gives a node a name a user chose; a name in use is a mistake.
    #[track_caller]
    pub(crate) fn set_name(&self, id: NodeId, name: &str) {
        let mut borrowed = self.state.borrow_mut();
        let state = &mut *borrowed;
        let graph = &mut state.function.graph;
        match graph.names.get(name) {
            Some(&taken) if taken == id => {}
            Some(&taken) => {
                let place = graph.node(taken).origin.clone();
                drop(borrowed);
                self.fail(
                    format!("there are two nodes named `{name}`"),
                    Some(format!("the first is at {place}; choose another name")),
                );
            }
            None => {
                let name: Arc<str> = name.into();
                if let Some(old) = graph.nodes[id.index()].name.replace(name.clone()) {
                    graph.names.remove(&old);
                    state.name_numbers.release(&old);
                }
                graph.nodes[id.index()].generated_name = false;
                graph.names.insert(name, id);
            }
        }
    }

    fn name_if_free(&self, id: NodeId, name: &str) {
        let unnamed = self.var(id).node().is_some_and(|node| node.name.is_none());
        if unnamed && self.find(name).is_none() {
            self.set_name(id, name);
        }
    }

    /// Gives a node without a name one that a pass made; a name in use gets a number.
    pub(crate) fn generate_name(&self, id: NodeId, stem: &str) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let graph = &mut state.function.graph;
        if graph.nodes[id.index()].name.is_none() {
            let name: Arc<str> = state.name_numbers.unique(stem, |name| graph.names.contains_key(name)).into();
            graph.nodes[id.index()].name = Some(name.clone());
            graph.nodes[id.index()].generated_name = true;
            graph.names.insert(name, id);
        }
    }

    /// Renames a made scope after its result: `affine` becomes `hidden/affine`.
    pub(crate) fn name_scope(&self, id: NodeId, name: &str) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let graph = &mut state.function.graph;
        let node = graph.node(id);
        let Some(scope) = node.scope.filter(|&scope| Some(scope) != state.scope) else { return };
        let is_result = id.index() + 1 == graph.nodes.len();
        let old = graph.scope(scope).path.clone();
        let builder = old.rsplit('/').next().unwrap_or(&old).trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
        let path: Arc<str> = format!("{name}/{builder}").into();
        if is_result && graph.scope(scope).parent == state.scope && !state.scope_paths.contains_key(&path) {
            state.scope_paths.remove(&old);
            state.scope_numbers.release(&old);
            state.scope_paths.insert(path.clone(), scope);
            graph.scopes[scope.index()].path = path;
        }
    }
}

fn check_roles(function: &Function) -> Result<(), GraphError> {
    let graph = &function.graph;
    for (role, id) in [("prediction", function.prediction), ("objective", function.objective)] {
        if let (Some(id), Some(named)) = (id, graph.find(role))
            && id != named
        {
            return Err(GraphError::new(format!("the node named `{role}` is not the {role}"))
                .at(graph.node(named).origin.clone())
                .help("choose another name for it"));
        }
    }
    if let Some(prediction) = function.prediction {
        let needed = graph.needed_for(&[prediction]);
        if let Some(&outcome) = function.outcomes.iter().find(|outcome| needed[outcome.index()]) {
            return Err(GraphError::new(format!("the prediction needs the outcome {}", graph.describe(outcome)))
                .at(graph.node(prediction).origin.clone())
                .help("predict from inputs and parameters alone"));
        }
    }
    Ok(())
}
