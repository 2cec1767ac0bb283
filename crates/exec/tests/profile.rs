//! A profiled run takes the same steps, and says what each instruction is for.

mod step;

use chainrule_exec::compile::{Options, compile};
use chainrule_exec::program::Program;
use chainrule_exec::run::{End, Phase, Run};
use chainrule_graph::{Function, Tensor};
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
    assert!(phases("(1 - ").contains(&Phase::Backward));
    for kernel in &profile.kernels {
        let shares: f64 = kernel.phases.iter().map(|(_, share)| share).sum();
        assert!((shares - 1.0).abs() < 1e-9 && kernel.seconds >= 0.0, "{kernel:?}");
    }
    let memory = program.memory_use(&profiled);
    assert_eq!(memory.inputs, 8 * (8 * 4 + 8 + 8 + 1), "four parameters");
    assert!(memory.workspace > memory.inputs + memory.shared);
}
