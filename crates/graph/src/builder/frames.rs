//! Frames: the graph that is being built, and those around it while the body of a loop is.
//!
//! A handle knows whose value it stands for. One from around a body is captured where it is used in it: the body gets an
//! input, once for each value, which the loop passes unchanged at every step.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::numbering::NameNumbers;
use super::{Builder, State, Var};
use crate::function::Function;
use crate::graph::Graph;
use crate::node::{Kind, Node, NodeId, Origin, Output, Scope, ScopeId, Value};
use crate::ops::{Op, Source, TensorType};
use crate::shape::Shape;

/// A graph that is being built.
#[derive(Default)]
pub(super) struct Frame {
    /// 0 for the function's own, another number for each body.
    pub number: u32,
    pub function: Function,
    pub scope_paths: HashMap<Arc<str>, ScopeId>,
    pub scope_numbers: NameNumbers,
    pub name_numbers: NameNumbers,
    pub scope: Option<ScopeId>,
    /// What goes before the names of the scopes that are opened, if it is not the path of the scope around them.
    pub path: Option<Arc<str>>,
    /// The scopes whose paths stand in names of nodes, so that they are not renamed.
    pub fixed_scopes: HashSet<ScopeId>,
    /// What stands here for the values of the frame around.
    pub captured: HashMap<Value, Value>,
    /// Those of them that are inputs, in the order of their use.
    pub captures: Vec<(Value, Value)>,
    /// The input that is the step of the loop whose body this is, once something asks for it.
    pub step: Option<Value>,
}

/// The body of a loop as it was built.
pub(crate) struct BuiltBody<'g> {
    pub graph: Graph,
    /// What was captured: a value of the frame around, and the input that stands for it.
    pub captures: Vec<(Var<'g>, Value)>,
    /// The input that is the step, if something asked for it.
    pub step: Option<Value>,
}

impl State {
    /// The graph of a frame, unless its body is finished.
    pub(super) fn graph(&self, number: u32) -> Option<&Graph> {
        self.innermost_first().find(|frame| frame.number == number).map(|frame| &frame.function.graph)
    }

    pub(super) fn innermost_first(&self) -> impl Iterator<Item = &Frame> {
        std::iter::once(&self.frame).chain(self.outer.iter().rev())
    }
}

impl Builder {
    /// Ends the body that was begun last: its graph, and what it captured.
    pub(crate) fn end_body(&self) -> BuiltBody<'_> {
        let mut state = self.state.borrow_mut();
        let around = state.outer.pop().unwrap_or_default(); // it was begun
        let frame = around.number;
        let body = std::mem::replace(&mut state.frame, around);
        let captures =
            body.captures.iter().map(|&(outer, inner)| (Var { builder: self, id: Some(outer), frame }, inner));
        BuiltBody { captures: captures.collect(), step: body.step, graph: body.function.graph }
    }

    /// From here on, nodes are added to a body, in the scope of the graph around it, whose path its names go on with.
    pub(crate) fn begin_body(&self) {
        let mut state = self.state.borrow_mut();
        let mut scopes = Vec::new();
        for path in state.frame.scopes_around() {
            let parent = scopes.len().checked_sub(1).map(|index| ScopeId(index as u32));
            scopes.push(Scope { path, parent });
        }
        state.bodies += 1;
        let frame = Frame {
            number: state.bodies,
            scope: scopes.len().checked_sub(1).map(|index| ScopeId(index as u32)),
            scope_paths: scopes.iter().enumerate().map(|(i, scope)| (scope.path.clone(), ScopeId(i as u32))).collect(),
            function: Function { graph: Graph::with_scopes(scopes), ..Function::default() },
            ..Frame::default()
        };
        let around = std::mem::replace(&mut state.frame, frame);
        state.outer.push(around);
    }

    /// The steps of the loops whose bodies are being built, the outermost first: each counts along its sequences, from 0.
    pub(crate) fn steps(&self) -> Vec<Var<'_>> {
        let mut state = self.state.borrow_mut();
        let State { frame, outer, .. } = &mut *state;
        let inner = (!outer.is_empty()).then_some(frame);
        let bodies = outer.iter_mut().skip(1).chain(inner);
        bodies.map(|body| Var { builder: self, id: Some(body.own_step()), frame: body.number }).collect()
    }

    /// Whether nodes are being added to the body of a loop.
    pub(crate) fn is_in_body(&self) -> bool {
        !self.state.borrow().outer.is_empty()
    }

    /// Runs `build` with its nodes in the function's own graph, in the scope of the same path.
    pub(crate) fn in_function<'g, R>(&'g self, build: impl FnOnce(&'g Builder) -> R) -> R {
        if !self.is_in_body() {
            return build(self);
        }
        let (paths, suspended) = {
            let mut state = self.state.borrow_mut();
            let paths = state.frame.scopes_around();
            let mut frames = std::mem::take(&mut state.outer);
            let inner = frames.split_off(1);
            let body = std::mem::replace(&mut state.frame, frames.pop().unwrap_or_default());
            (paths, (inner, body))
        };
        let scope = paths.iter().fold(None, |parent, path| Some(self.open_scope(path, parent)));
        let result = self.within(scope, build);
        let mut state = self.state.borrow_mut();
        let (inner, body) = suspended;
        let own = std::mem::replace(&mut state.frame, body);
        state.outer = std::iter::once(own).chain(inner).collect();
        result
    }

    /// A handle of the graph that nodes are added to: this one, or the input of the body that stands for it.
    pub(crate) fn captured<'g>(&'g self, var: Var<'g>) -> Var<'g> {
        if var.failed() {
            return self.poisoned();
        }
        let Some(mut id) = var.id else { return var };
        let mut state = self.state.borrow_mut();
        if var.frame == state.frame.number {
            return var;
        }
        let State { frame, outer, .. } = &mut *state;
        let Some(level) = outer.iter().position(|outer| outer.number == var.frame) else { return self.poisoned() };
        for inner in level + 1..outer.len() {
            let (before, after) = outer.split_at_mut(inner);
            id = after[0].capture(&before[inner - 1].function.graph, id);
        }
        id = frame.capture(&outer[outer.len() - 1].function.graph, id);
        Var { builder: self, id: Some(id), frame: frame.number }
    }

    /// Whether a handle is of the graph that nodes are added to.
    pub(crate) fn is_current(&self, var: Var<'_>) -> bool {
        self.state.borrow().frame.number == var.frame
    }

    /// The scope that is open.
    pub(crate) fn current_scope(&self) -> Option<ScopeId> {
        self.state.borrow().frame.scope
    }

    /// Whether a handle is of the body of a loop that is finished, which is a mistake.
    #[track_caller]
    pub(super) fn is_left_over(&self, var: Var<'_>) -> bool {
        let is = self.state.borrow().graph(var.frame).is_none();
        if is {
            self.fail(
                "a value of the body of a loop is used outside of it".into(),
                Some("return it from the body: what is returned is there for every step".into()),
            );
        }
        is
    }
}

impl Frame {
    /// The input that is the step of the loop.
    fn own_step(&mut self) -> Value {
        let graph = &mut self.function.graph;
        *self.step.get_or_insert_with(|| {
            let op = Op::Source(Source::Input { shape: Shape::scalar(), kind: Kind::Int, bound: None });
            let outputs = vec![Output::unnamed(TensorType::new(Shape::scalar(), Kind::Int))];
            graph.push(Node { op, inputs: Vec::new(), outputs, scope: None, origin: Origin::Unknown }).into()
        })
    }

    /// The paths of the current scope and those around it, the outermost first.
    fn scopes_around(&self) -> Vec<Arc<str>> {
        let scope = |id: ScopeId| self.function.graph.scope(id);
        let inner_first = std::iter::successors(self.scope, |&id| scope(id).parent);
        let mut paths: Vec<Arc<str>> = inner_first.map(|id| scope(id).path.clone()).collect();
        paths.reverse();
        paths
    }

    /// What stands here for a value of the graph around. A constant is one here, too.
    fn capture(&mut self, around: &Graph, value: Value) -> Value {
        if let Some(&known) = self.captured.get(&value) {
            return known;
        }
        let node = around.node(value);
        let mut output = around.output(value).clone();
        if output.name.as_ref().is_some_and(|name| self.function.graph.find(name).is_some()) {
            output.name = None;
        }
        let is_fixed = matches!(node.op, Op::Source(Source::Constant(_) | Source::Iota { .. }));
        let op = match &node.op {
            op if is_fixed => op.clone(),
            _ => Op::Source(Source::Input { shape: output.shape.clone(), kind: output.kind, bound: None }),
        };
        let own = Node { op, inputs: Vec::new(), outputs: vec![output], scope: None, origin: node.origin.clone() };
        let own: NodeId = self.function.graph.push(own);
        if !is_fixed {
            self.captures.push((value, own.into()));
        }
        self.captured.insert(value, own.into());
        own.into()
    }
}
