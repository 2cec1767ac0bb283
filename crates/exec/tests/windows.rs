//! Convolutions and pools, whose windows are multiplied and compared where they lie, and their gradients: against the reference, at
//! every SIMD level, and the same bits for any number of threads.

use chainrule_exec::compile::{Level, Options, passes};
use chainrule_exec::{Bindings, evaluate_compiled, reference};
use chainrule_graph::{Builder, Convolution, Graph, Initializer, Padding, Pool, Tensor, Value, batch, grad};

/// A convolution of 2 channels to 9, another to `channels`, a pool, and the gradients of what is made of it by both weights and the
/// input.
struct Network {
    graph: Graph,
    bindings: Bindings,
    targets: Vec<Value>,
}

fn network(examples: usize, size: &[usize], window: usize, channels: usize, options: &Convolution) -> Network {
    grouped_network(examples, size, window, (channels, 1), options)
}

/// The same, the second convolution in groups.
fn grouped_network(
    examples: usize,
    size: &[usize],
    window: usize,
    (channels, groups): (usize, usize),
    options: &Convolution,
) -> Network {
    let builder = Builder::new();
    let axes = size.len();
    let with = |first: &[usize], n: usize| first.iter().copied().chain((0..axes).map(|_| n)).collect::<Vec<usize>>();
    let parameter = |name, shape: &[usize]| builder.parameter(name, shape, Initializer::Constant(0.0));
    let x = parameter("x", &[&[2], size].concat());
    let scale = builder.input("scale", []);
    let (v, w) = (parameter("V", &with(&[9, 2], 2)), parameter("W", &with(&[channels, 9 / groups], window)));
    let options = &options.clone().groups(groups);
    let h = (x * scale).convolution(v, &Convolution::default().padding(1)).relu();
    let pooled = h.convolution(w, options).max_pool(&Pool::new(2));
    builder.objective((pooled * pooled * pooled).sum());
    let function = batch(&builder.finish().unwrap(), examples).unwrap();
    let objective = function.objective.unwrap();
    let parameters: Vec<Value> = function.parameters.iter().map(|parameter| parameter.node.into()).collect();
    let (graph, gradients) = grad(&function.graph, objective, &parameters).unwrap();
    let sources = function.parameters.iter().map(|parameter| parameter.node).chain(function.inputs);
    let value = |id| (id, Tensor::from_fn(graph.shape(id), |i| (i as f64 * 1.7).sin()));
    let bindings = sources.map(value).collect();
    Network { graph, bindings, targets: [objective].into_iter().chain(gradients).collect() }
}

impl Network {
    fn check(&self, what: &str) {
        let right = reference::evaluate(&self.graph, &self.bindings, &self.targets).unwrap();
        for level in Level::available() {
            let of = |threads| {
                let options = Options { level: Some(level), threads, ..Options::default() };
                let found = evaluate_compiled(&self.graph, &self.bindings, &self.targets, &options).unwrap();
                self.targets.iter().map(|&target| found[target].data().to_vec()).collect::<Vec<_>>()
            };
            let one = of(1);
            for (target, found) in self.targets.iter().zip(&one) {
                for (found, right) in found.iter().zip(right[*target].data()) {
                    let apart = (found - right).abs();
                    assert!(apart <= 1e-11 * right.abs().max(1.0), "{what}, {level}: {found}, not {right}");
                }
            }
            assert!([2, 3].iter().all(|&threads| of(threads) == one), "{what}, {level}: threads change bits");
        }
    }

    fn program(&self) -> String {
        let options = Options { outputs: self.targets.clone(), ..Options::default() };
        passes(&self.graph, &options).unwrap().pop().unwrap().1
    }
}

#[test]
fn networks_of_windows_agree_with_the_reference() {
    let plain = Convolution::default;
    for (size, window, channels, options) in [
        (vec![7, 9], 3, 16, plain().padding(1)),
        (vec![9, 8], 3, 5, plain().padding(vec![2, 0])),
        (vec![9, 9], 2, 10, plain().padding(Padding::Same)),
        (vec![12, 11], 3, 8, plain().dilation(2).padding(2)),
        (vec![11, 9], 3, 8, plain().stride(2).padding(1)),
        (vec![6, 6], 1, 17, plain()),
        (vec![30], 5, 12, plain().padding(2)),
        (vec![5, 4, 6], 2, 9, plain()),
    ] {
        // Of 8 and of 20 examples vectors hold some: they lie innermost.
        for examples in [1, 5, 8, 20] {
            let what = format!("{examples} of {size:?}, {channels} channels, windows of {window}, {options:?}");
            network(examples, &size, window, channels, &options).check(&what);
        }
    }
    for (size, channels, groups, options) in [
        (vec![8, 9], 9, 9, plain().padding(1)),
        (vec![9, 7], 6, 3, plain().stride(2)),
        (vec![8, 11], 9, 1, plain().stride(vec![2, 3]).padding(vec![1, 2])),
        (vec![14], 9, 9, plain().stride(4)),
        (vec![10], 18, 9, plain().dilation(2)),
    ] {
        for examples in [1, 8, 20] {
            let what = format!("{examples} of {size:?}, {channels} channels in {groups} groups, {options:?}");
            grouped_network(examples, &size, 3, (channels, groups), &options).check(&what);
        }
    }
}

#[test]
fn a_large_network_takes_threads_and_changes_no_bit() {
    network(24, &[20, 20], 3, 16, &Convolution::default().padding(1)).check("large");
}

/// Where the border is small beside the result, the gradient of the input is gathered, and no window of it is stored.
#[test]
fn the_gradient_of_an_input_is_gathered() {
    let program = network(4, &[20, 20], 3, 16, &Convolution::default().padding(1)).program();
    // 4 examples of 21 × 21 places, 9 channels, 3 × 3 windows of 16 cotangents
    assert!(program.contains("windows 1764×9×144 "), "{program}");
    // That of the first convolution's input, which has 2 channels, is folded.
    assert!(!program.contains("gemm 1764×144×9"), "{program}");
    let program = network(4, &[20, 20], 3, 16, &Convolution::default().stride(2)).program();
    assert!(program.contains("gemm") && program.contains("fold"), "{program}");
}
