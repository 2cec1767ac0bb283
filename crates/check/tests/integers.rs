//! Integers are drawn such that the indices computed from them lie on their axes, as far as that can be told.

use std::collections::BTreeMap;

use chainrule_check::{CheckError, CheckOptions, Report, check_function};
use chainrule_graph::text;

fn checked(source: &str) -> Result<Report, CheckError> {
    let model = text::parse(source).unwrap_or_else(|mistake| panic!("{}", mistake.render(source, "test", false)));
    let function = model.build(&BTreeMap::new()).expect("it has no free sizes");
    check_function(&function, &CheckOptions::default())
}

#[test]
fn right_models_with_computed_indices_pass() {
    for model in [
        "param w [3] = 0\noutcome y [] int\nobjective = nll(softmax(w), y - 1)\n",
        "param w [3] = 0\noutcome y [20] int\nobjective = sum(w[y - 1]^2)\n",
        "param w [3] = 0\ninput i [] int\nobjective = w[i] * w[i + 1]\n",
        "param w [9] = 0\ninput i [] int\nobjective = w[8 - 2 * i]^2\n",
        "param w [4] = 0\ninput i [] int\nobjective = w[max(i - 1, 0)] * w[min(i, 3)]\n",
        "param w [4] = 0\ninput i [5] int\nobjective = sum(w[where(i < 2, i, 0)]^2)\n",
        "param w [5] = 0\ninput i [] int\ninput k [] int\nobjective = w[i + k]^2 + w[i - k]^2\n",
    ] {
        let report = checked(model).unwrap_or_else(|error| panic!("{error}\n{model}"));
        assert!(report.passed(), "{model}{report}");
    }
}

#[test]
fn an_index_that_no_draw_brings_onto_its_axis_is_told() {
    let error = checked("param w [3] = 0\ninput i [] int\nobjective = w[where(i < 9, 7, i)]^2\n").unwrap_err();
    assert!(matches!(error, CheckError::NotDrawn { draws: 100, .. }), "{error:?}");
    let message = error.to_string();
    for part in ["none of 100 draws", "gather", "index 7", "below 3", "`int < 3`"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}
