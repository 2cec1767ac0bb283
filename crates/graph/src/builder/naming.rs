//! Names and scopes of the nodes that are built.

use std::panic::Location;
use std::sync::Arc;

use super::frames::Frame;
use super::{Builder, State, Var};
use crate::graph::Graph;
use crate::node::{Scope, ScopeId, Value};

/// A scope, and what goes before the names of the scopes that are opened.
pub(crate) type Place = (Option<ScopeId>, Option<Arc<str>>);

impl Builder {
    /// Runs `build` with its nodes in a scope of that name; a name in use gets a number: `dense`, `dense2`.
    pub fn scope<'g, R>(&'g self, name: &str, build: impl FnOnce(&'g Builder) -> R) -> R {
        let scope = self.new_scope(name);
        self.within(Some(scope), build)
    }

    /// A scope of that name inside the present one; a name in use gets a number.
    pub(crate) fn new_scope(&self, name: &str) -> ScopeId {
        let (path, outer) = {
            let mut state = self.state.borrow_mut();
            let State { frame, outer: around, .. } = &mut *state;
            let Frame { function, scope_paths, scope_numbers, scope, path, .. } = frame;
            let path_of = |scope: &mut ScopeId| function.graph.scope(*scope).path.clone();
            let stem = match path.clone().or_else(|| scope.as_mut().map(path_of)) {
                Some(path) => format!("{path}/{name}"),
                None => name.to_string(),
            };
            let is_around = |path: &str| around.iter().any(|frame| frame.scope_paths.contains_key(path));
            let is_taken = |path: &str| scope_paths.contains_key(path) || is_around(path);
            (scope_numbers.unique(&stem, "", is_taken), *scope)
        };
        self.open_scope(&path, outer)
    }

    /// Runs `build` with the scopes that it opens named after `name`, which stands for a result: `a` gives `a/dense`.
    pub(crate) fn part<'g, R>(&'g self, name: &str, build: impl FnOnce(&'g Builder) -> R) -> R {
        let path = self.scope_path().map_or_else(|| name.into(), |path| format!("{path}/{name}").into());
        let scope = self.state.borrow().frame.scope;
        self.place(scope, Some(path), build)
    }

    /// Runs `build` on operands of this builder, its nodes and mistakes said to come from the line of the caller: of what a
    /// method is composed of, the user wrote nothing.
    #[track_caller]
    pub(crate) fn on<'g>(&'g self, operands: &[Var<'g>], build: impl FnOnce(&'g Builder) -> Var<'g>) -> Var<'g> {
        let origin = self.origin(Location::caller());
        if operands.iter().any(|&operand| self.is_foreign(operand, &origin) || operand.failed()) {
            return self.poisoned();
        }
        self.with_origin(origin, build)
    }

    /// The same in a scope of that name.
    #[track_caller]
    pub(crate) fn composed<'g>(
        &'g self,
        name: &str,
        operands: &[Var<'g>],
        build: impl FnOnce(&'g Builder) -> Var<'g>,
    ) -> Var<'g> {
        self.on(operands, |builder| builder.scope(name, build))
    }

    /// The path of the present scope, which will not change: it is to stand in a name.
    pub(crate) fn fixed_scope_path(&self) -> Option<Arc<str>> {
        let mut state = self.state.borrow_mut();
        let Frame { function, scope, fixed_scopes, .. } = &mut state.frame;
        let parent = |scope: &ScopeId| function.graph.scope(*scope).parent;
        fixed_scopes.extend(std::iter::successors(*scope, parent));
        scope.map(|scope| function.graph.scope(scope).path.clone())
    }

    /// The names so far, in no order.
    pub(crate) fn names(&self) -> Vec<Arc<str>> {
        self.state.borrow().innermost_first().flat_map(|frame| frame.function.graph.names.keys()).cloned().collect()
    }

    /// The path of the present scope.
    pub(crate) fn scope_path(&self) -> Option<Arc<str>> {
        let state = self.state.borrow();
        state.frame.scope.map(|scope| state.frame.function.graph.scope(scope).path.clone())
    }

    /// Runs `build` with its nodes in this scope.
    pub(crate) fn within<'g, R>(&'g self, scope: Option<ScopeId>, build: impl FnOnce(&'g Builder) -> R) -> R {
        self.place(scope, None, build)
    }

    /// Runs `build` with its nodes in this scope, and this path before the names of the scopes that it opens.
    pub(crate) fn place<'g, R>(
        &'g self,
        scope: Option<ScopeId>,
        path: Option<Arc<str>>,
        build: impl FnOnce(&'g Builder) -> R,
    ) -> R {
        let (outer_scope, outer_path) = self.swap_place(scope, path);
        let result = build(self);
        self.swap_place(outer_scope, outer_path);
        result
    }

    /// From here on nodes are in this scope, with this path before the names of the scopes that are opened; where they were.
    pub(crate) fn swap_place(&self, scope: Option<ScopeId>, path: Option<Arc<str>>) -> Place {
        let frame = &mut self.state.borrow_mut().frame;
        (std::mem::replace(&mut frame.scope, scope), std::mem::replace(&mut frame.path, path))
    }

    /// The scope of that full path, made if there is none.
    pub(crate) fn open_scope(&self, path: &str, parent: Option<ScopeId>) -> ScopeId {
        let mut state = self.state.borrow_mut();
        if let Some(&scope) = state.frame.scope_paths.get(path) {
            return scope;
        }
        let scopes = &mut state.frame.function.graph.scopes;
        let scope = ScopeId(scopes.len() as u32);
        let path: Arc<str> = path.into();
        scopes.push(Scope { path: path.clone(), parent });
        state.frame.scope_paths.insert(path, scope);
        scope
    }

    /// Gives a value a name that a user chose; a name in use is a mistake.
    #[track_caller]
    pub(crate) fn set_name(&self, id: Value, name: &str) {
        let mut borrowed = self.state.borrow_mut();
        let state = &mut *borrowed;
        let graph = &mut state.frame.function.graph;
        match graph.names.get(name) {
            Some(&taken) if taken == id => {}
            Some(&taken) => {
                let first = graph.node(taken).origin.clone();
                drop(borrowed);
                self.fail(
                    format!("there are two nodes named `{name}`"),
                    Some(format!("the first is at {first}; choose another name")),
                );
            }
            None => {
                let name: Arc<str> = name.into();
                let output = &mut graph.nodes[id.node.index()].outputs[id.output as usize];
                output.generated_name = false;
                if let Some(old) = output.name.replace(name.clone()) {
                    graph.names.remove(&old);
                    state.frame.name_numbers.release(&old, "_");
                }
                graph.names.insert(name, id);
            }
        }
    }

    /// What became of a value of another graph bears its name, unless it has one.
    #[track_caller]
    pub(crate) fn keep_name(&self, graph: &Graph, old: Value, new: Var<'_>) {
        let output = graph.output(old);
        let (Some(name), Some(new)) = (&output.name, new.id()) else { return };
        if output.generated_name {
            self.generate_name(new, name);
        } else {
            self.set_name(new, name);
        }
    }

    /// Gives a value without a name a generated one; a name in use gets a number.
    pub(crate) fn generate_name(&self, id: Value, stem: &str) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let graph = &mut state.frame.function.graph;
        if graph.name(id).is_none() {
            let name: Arc<str> =
                state.frame.name_numbers.unique(stem, "_", |name| graph.names.contains_key(name)).into();
            let output = &mut graph.nodes[id.node.index()].outputs[id.output as usize];
            output.name = Some(name.clone());
            output.generated_name = true;
            graph.names.insert(name, id);
        }
    }

    /// Renames a scope after its result: `affine` becomes `hidden/affine`.
    pub(crate) fn name_scope(&self, id: Value, name: &str) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let graph = &mut state.frame.function.graph;
        let Some(scope) = graph.node(id).scope.filter(|&scope| Some(scope) != state.frame.scope) else { return };
        let is_result = id.node.index() + 1 == graph.nodes.len();
        let old = graph.scope(scope).path.clone();
        let builder = old.rsplit('/').next().unwrap_or(&old).trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
        let path: Arc<str> = format!("{name}/{builder}").into();
        let is_free = !state.frame.fixed_scopes.contains(&scope) && !state.frame.scope_paths.contains_key(&path);
        if is_result && is_free && graph.scope(scope).parent == state.frame.scope {
            state.frame.scope_paths.remove(&old);
            state.frame.scope_numbers.release(&old, "");
            state.frame.scope_paths.insert(path.clone(), scope);
            graph.scopes[scope.index()].path = path;
        }
    }
}
