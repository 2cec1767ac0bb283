//! A profiled run takes the same steps, and says what each instruction is for.

mod step;

use chainrule_exec::compile::{Options, Precision, compile};
use chainrule_exec::program::Program;
use chainrule_exec::run::{End, Phase, Run};
use chainrule_graph::{Builder, Function, Kind, Tensor};
use step::{descent, perceptron};

fn program(function: &Function) -> Program {
    let streams = function.inputs.iter().chain(&function.outcomes).copied().collect();
    let outputs = function.objective.into_iter().collect();
    compile(&function.graph, &Options { streams, outputs, finite: function.objective, ..Options::default() })
        .expect("it compiles")
}

#[test]
fn a_profile_takes_the_steps_of_a_run_and_tells_its_phases() {
    let function = descent(perceptron(&[4, 8, 1], None));
    let program = program(&function);
    let rows = |width: usize| (0..20 * width).map(|i| (i as f64).sin()).collect::<Vec<_>>();
    let tables = [program.table(0, &rows(4)).unwrap(), program.table(1, &rows(1)).unwrap()];
    let tables: Vec<_> = tables.iter().collect();
    let order: Vec<u32> = (0..20).collect();
    let run = Run { tables: &tables, order: &order, stop: None };
    let start = || {
        let mut workspace = program.workspace().expect("it has room");
        program.set(&mut workspace, "W0", &Tensor::from_fn([8, 4], |_| 0.1)).unwrap();
        program.set(&mut workspace, "W1", &Tensor::from_fn([1, 8], |_| 0.2)).unwrap();
        workspace
    };
    let (mut plain, mut profiled) = (start(), start());
    program.run(&mut plain, run, &mut [0.0; 20]).unwrap();
    let profile = program.profile(&mut profiled, run).unwrap();
    assert_eq!((profile.steps, profile.end), (20, End::Finished));
    assert_eq!(program.get(&plain, "W0").unwrap(), program.get(&profiled, "W0").unwrap());

    let phases = |computes: &str| -> Vec<Phase> {
        let is_it = |text: &String| text.contains(computes);
        let kernel = profile.kernels.iter().find(|kernel| kernel.computes.iter().any(is_it));
        kernel.unwrap_or_else(|| panic!("{computes}: {profile:#?}")).phases.iter().map(|(phase, _)| *phase).collect()
    };
    assert_eq!(profile.kernels[0].phases, [(Phase::Rows, 1.0)]);
    assert_eq!(phases("tanh("), [Phase::Forward]);
    assert_eq!(phases("W0 = "), [Phase::Update]);
    assert!(phases("1 - ").contains(&Phase::Backward));
    for kernel in &profile.kernels {
        let shares: f64 = kernel.phases.iter().map(|(_, share)| share).sum();
        assert!((shares - 1.0).abs() < 1e-9 && kernel.seconds >= 0.0, "{kernel:?}");
    }
    let memory = program.memory_use(&profiled);
    assert_eq!(memory.inputs, 8 * (8 * 4 + 8 + 8 + 1), "four parameters");
    assert!(memory.workspace > memory.inputs + memory.shared);
}

/// What an instruction writes is its result, whatever an op does with its axis.
#[test]
fn the_bytes_of_a_kernel_are_those_of_its_result() {
    let builder = Builder::new();
    let (x, indices) = (builder.input("x", [3, 4]), builder.input_of("indices", [5], Kind::Int, Some(3)));
    let outputs = [
        ("softmax", x.softmax(1), 12),
        ("max", x.max_axis(0), 4),
        ("logsumexp", x.logsumexp(1), 3),
        ("argmax", x.argmax(1), 3),
        ("gather", x.gather(indices, 0), 20),
        ("loop", x.exp(), 12),
        ("gemv", x.matmul(builder.constant(Tensor::zeros([4]))), 3),
    ];
    let expected = outputs.map(|(name, output, elements)| (name, output.id().unwrap(), elements));
    let graph = builder.finish_graph().unwrap();
    for precision in [Precision::F32, Precision::F64] {
        let program = compile(
            &graph,
            &Options { outputs: expected.map(|(_, id, _)| id).to_vec(), precision, ..Options::default() },
        )
        .unwrap();
        let run = Run { order: &[0], ..Run::default() };
        let profile = program.profile(&mut program.workspace().unwrap(), run).unwrap();
        for (name, _, elements) in expected {
            let kernel = profile.kernels.iter().find(|kernel| kernel.kernel.starts_with(name));
            let kernel = kernel.unwrap_or_else(|| panic!("{name}: {profile:#?}"));
            assert_eq!(kernel.bytes, elements * precision.bytes(), "{name}");
        }
    }
}
