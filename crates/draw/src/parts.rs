//! What a node has to do with training: each part has a colour of its own.

use chainrule_graph::{Function, NodeId};

/// What a node is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// An input or an outcome.
    Data,
    /// A parameter or a state.
    Parameter,
    /// The function itself.
    Forward,
    /// What computes derivatives.
    Derivative,
    /// What computes new parameters and states.
    Update,
}

/// Colours, as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    /// Of borders and lines.
    pub border: &'static str,
    /// Of the inside of a box.
    pub filling: &'static str,
    /// Of what is written there.
    pub words: &'static str,
}

impl Part {
    /// Every part, with a word for it.
    pub(crate) const ALL: [(Part, &str); 5] = [
        (Part::Data, "data"),
        (Part::Parameter, "parameter"),
        (Part::Forward, "forward"),
        (Part::Derivative, "derivative"),
        (Part::Update, "update"),
    ];

    /// Its colours on a light page, and on a dark one.
    pub fn colours(self, dark: bool) -> Colours {
        let of = |border, filling, words| Colours { border, filling, words };
        match (self, dark) {
            (Part::Data, false) => of("#5f6b76", "#eceff2", "#1d2730"),
            (Part::Data, true) => of("#8b98a5", "#2a323a", "#e6ebf0"),
            (Part::Parameter, false) => of("#9a7200", "#fff3cf", "#3d2e00"),
            (Part::Parameter, true) => of("#d6ab3c", "#3b3117", "#ffeebf"),
            (Part::Forward, false) => of("#2f6db3", "#e6f0fb", "#0f2c4c"),
            (Part::Forward, true) => of("#6aa5e8", "#1b2f47", "#dcebfb"),
            (Part::Derivative, false) => of("#b3532f", "#fbeae4", "#4c1d0f"),
            (Part::Derivative, true) => of("#e8906a", "#47261b", "#fbe4dc"),
            (Part::Update, false) => of("#3d8a4e", "#e6f6e9", "#0f3c1b"),
            (Part::Update, true) => of("#74c987", "#1c3d25", "#def7e3"),
        }
    }
}

/// The part of each node.
pub(crate) fn parts(function: &Function) -> Vec<Part> {
    let graph = &function.graph;
    let ends: Vec<NodeId> =
        [function.objective, function.prediction].into_iter().flatten().map(|end| end.node).collect();
    let of_function = graph.needed_for(ends.iter().copied());
    let mut parts: Vec<Part> = graph
        .ids()
        .map(|id| match &graph.node(id).origin {
            origin if origin.is_derivative() && !of_function[id.index()] => Part::Derivative,
            // Without an end, and without updates, all is the function.
            _ if of_function[id.index()] || graph.updates().is_empty() => Part::Forward,
            _ => Part::Update,
        })
        .collect();
    let mut give = |part: Part, id: NodeId| parts[id.index()] = part;
    function.inputs.iter().chain(&function.outcomes).for_each(|&id| give(Part::Data, id));
    function.parameters.iter().chain(&function.state).for_each(|parameter| give(Part::Parameter, parameter.node));
    parts
}
