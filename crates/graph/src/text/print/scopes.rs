//! Lines in the blocks of their scopes. A scope is opened as often as nodes need it; that the table of scopes comes out
//! in the same order, scopes without nodes are declared by an empty block before one with a higher index is opened.

use crate::graph::Graph;
use crate::node::ScopeId;
use crate::text::names::spelled;

/// The text so far, and the scopes that are open in it.
pub(super) struct Scopes<'a> {
    pub text: String,
    graph: &'a Graph,
    /// Outermost first.
    open: Vec<ScopeId>,
    /// The scopes before this one are in the text.
    written: usize,
    /// Whether the last line at the outermost level declared a source.
    declared: Option<bool>,
}

impl<'a> Scopes<'a> {
    pub fn new(graph: &'a Graph) -> Scopes<'a> {
        Scopes { text: String::new(), graph, open: Vec::new(), written: 0, declared: None }
    }

    /// Adds a line. An empty line separates declarations from the rest.
    pub fn line(&mut self, line: &str, declares: bool) {
        if self.open.is_empty() {
            if self.declared.is_some_and(|declared| declared != declares) {
                self.text.push('\n');
            }
            self.declared = Some(declares);
        }
        self.indented(line);
    }

    /// Opens and closes blocks, so that the next line is in this scope.
    pub fn enter(&mut self, scope: Option<ScopeId>) {
        let chain = self.chain(scope);
        if chain == self.open {
            return;
        }
        for (depth, scope) in chain.iter().enumerate() {
            self.write_up_to(scope.index());
            self.go_to(&chain[..=depth]);
        }
        self.go_to(&chain);
    }

    /// Closes every block, with every scope in the text.
    pub fn finish(&mut self) {
        self.write_up_to(self.graph.scopes().len());
        self.go_to(&[]);
    }

    /// A scope and those around it, outermost first.
    fn chain(&self, scope: Option<ScopeId>) -> Vec<ScopeId> {
        let mut chain: Vec<ScopeId> = std::iter::successors(scope, |&scope| self.graph.scope(scope).parent).collect();
        chain.reverse();
        chain
    }

    /// Declares the scopes before this index that are not in the text yet; their parents, which come before them, are.
    fn write_up_to(&mut self, end: usize) {
        while self.written < end {
            let scope = ScopeId(self.written as u32);
            let chain = self.chain(self.graph.scope(scope).parent);
            self.go_to(&chain);
            self.line(&format!("scope {} {{}}", spelled(&self.graph.scope(scope).path)), false);
            self.written += 1;
        }
    }

    fn go_to(&mut self, chain: &[ScopeId]) {
        let common = self.open.iter().zip(chain).take_while(|(a, b)| a == b).count();
        while self.open.len() > common {
            self.open.pop();
            self.indented("}");
        }
        for &scope in &chain[common..] {
            self.line(&format!("scope {} {{", spelled(&self.graph.scope(scope).path)), false);
            self.open.push(scope);
            self.written = self.written.max(scope.index() + 1);
        }
    }

    fn indented(&mut self, line: &str) {
        /// Deeper scopes are no further to the right.
        const DEEPEST: usize = 16;
        for _ in 0..self.open.len().min(DEEPEST) {
            self.text.push_str("  ");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }
}
