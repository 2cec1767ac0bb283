//! What the tests share: building a text, and comparing functions.

use std::collections::BTreeMap;
use std::sync::Arc;

use chainrule_graph::text::{self, Diagnostic, Registry};
use chainrule_graph::{CustomNode, Function, Shape, Tensor, verify};

/// The function of a text without free sizes; a mistake fails the test with its picture.
pub fn built(source: &str) -> Function {
    build(source).unwrap_or_else(|mistake| panic!("{}", mistake.render(source, "test", false)))
}

/// The function of a text without free sizes, or its first mistake.
pub fn build(source: &str) -> Result<Function, Diagnostic> {
    let function = text::parse_with(source, &registry())?.build(&BTreeMap::new())?;
    verify(&function.graph).expect("what was built is a graph");
    Ok(function)
}

/// The mistake in a text that must have one.
pub fn mistake(source: &str) -> Diagnostic {
    match build(source) {
        Ok(function) => panic!("no mistake was found in\n{source}\nwhich builds\n{}", text::print(&function)),
        Err(mistake) => mistake,
    }
}

/// The nodes of a text, one a line: name, op, inputs, shape.
pub fn nodes(source: &str) -> Vec<String> {
    let function = built(source);
    let line = |node: &chainrule_graph::Node| {
        let name = node.outputs[0].name.as_deref().unwrap_or("_");
        let inputs: Vec<String> = node.inputs.iter().map(|input| input.node.index().to_string()).collect();
        format!("{name} = {}({}) {}", node.op.name(), inputs.join(" "), node.outputs[0].shape)
    };
    function.graph.nodes().iter().map(line).collect()
}

/// Whether two functions are the same, origins aside.
pub fn assert_same(a: &Function, b: &Function) {
    assert_eq!(a.graph.nodes().len(), b.graph.nodes().len(), "the number of nodes");
    for (id, (x, y)) in a.graph.ids().zip(a.graph.nodes().iter().zip(b.graph.nodes())) {
        let (mut x, mut y) = (x.clone(), y.clone());
        (x.origin, y.origin) = Default::default();
        assert_eq!(x, y, "node {}", id.index());
    }
    assert_eq!(a.graph.scopes(), b.graph.scopes(), "scopes");
    assert_eq!(a.graph.updates(), b.graph.updates(), "updates");
    assert_eq!(a.inputs, b.inputs, "inputs");
    assert_eq!(a.outcomes, b.outcomes, "outcomes");
    assert_eq!(a.parameters, b.parameters, "parameters");
    assert_eq!(a.state, b.state, "state");
    assert_eq!((a.prediction, a.objective), (b.prediction, b.objective), "prediction and objective");
}

/// Prints, parses, builds and compares; printing again gives the same text. Returns the text.
pub fn round_trip(function: &Function) -> String {
    let printed = text::print(function);
    let again = built(&printed);
    assert_same(function, &again);
    assert_eq!(text::print(&again), printed);
    printed
}

/// A custom node that doubles its first input. It is called as the test needs.
#[derive(Debug)]
pub struct Double(pub &'static str);

impl CustomNode for Double {
    fn name(&self) -> &str {
        self.0
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        inputs.first().cloned().ok_or_else(|| "takes an input".into())
    }

    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        output.iter_mut().zip(inputs[0].data()).for_each(|(y, x)| *y = 2.0 * x);
        Ok(())
    }

    fn backward(&self, _: &[Tensor], _: &Tensor, cotangent: &Tensor, to: &mut [Tensor]) -> Result<(), String> {
        to[0].data_mut().iter_mut().zip(cotangent.data()).for_each(|(dx, dy)| *dx = 2.0 * dy);
        Ok(())
    }
}

thread_local! {
    static NODES: Vec<Arc<dyn CustomNode>> =
        vec![Arc::new(Double("double")), Arc::new(Double("exp")), Arc::new(Double("my \"node\""))];
}

/// The custom nodes that the tests know: a plain name, one that is an op's, and one that is not an identifier.
pub fn custom(index: usize) -> Arc<dyn CustomNode> {
    NODES.with(|nodes| nodes[index].clone())
}

/// Them all.
pub fn registry() -> Registry {
    (0..3).map(custom).fold(Registry::new(), Registry::with).for_printed()
}
