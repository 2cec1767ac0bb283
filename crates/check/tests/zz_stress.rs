use chainrule_check::cases::cases;
use chainrule_check::{Entries, Options, check_output};
use chainrule_graph::Kind;
#[test]
fn stress() {
    let mut bad = 0;
    let mut worst: f64 = 0.0;
    for case in cases() {
        let function = case.function().unwrap();
        let result = function.prediction.unwrap();
        if case.derivatives == 0 || function.graph.node(result).kind != Kind::Real { continue; }
        for seed in 0..200 {
            let entries = if seed % 2 == 0 { Entries::Together } else { Entries::All };
            let options = Options { seed, entries, second: case.derivatives > 1, ..Options::default() };
            match check_output(&function.graph, result, &case.draws(&function), &options) {
                Ok(report) if report.passed() => worst = worst.max(report.worst()),
                Ok(report) => { bad += 1; if bad < 15 { println!("{} seed {seed}\n{report}\n", case.name); } }
                Err(e) => { bad += 1; if bad < 15 { println!("{} seed {seed} {e}", case.name); } }
            }
        }
    }
    println!("bad {bad} worst {worst}");
    assert!(bad == 0);
}
