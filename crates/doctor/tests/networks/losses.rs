//! Losses that are given what they do not take, where hardly a class is mistaken for it.

use chainrule_doctor::{Cause, Diagnosis, Verdict};

use crate::{examined, random};

const MODEL: &str = "\
input   x [2]
outcome y []
h          = tanh(dense(x, 8))
logit      = dense(h, 1)[0]
prediction = sigmoid(logit)
objective  = binary_cross_entropy(GIVEN, y)
";

/// Points, and on which side of a line each lies, which is wrong of one in `one_in`.
fn points(one_in: u64) -> Vec<(&'static str, Vec<f64>)> {
    let mut random = random();
    let mut coordinate = || random() as f64 / (1u64 << 31) as f64 * 4.0 - 2.0;
    let x: Vec<f64> = (0..240).map(|_| coordinate()).collect();
    let mut noise = crate::random();
    let is_above = |point: &[f64]| (point[0] + point[1] > 0.0) != noise().is_multiple_of(one_in);
    let y = x.chunks(2).map(is_above).map(f64::from).collect();
    vec![("x", x), ("y", y)]
}

fn of_given(given: &str, values: &[(&str, Vec<f64>)]) -> Diagnosis {
    examined(&MODEL.replace("GIVEN", given), 120, values)
}

#[test]
fn a_sigmoid_that_a_loss_takes_the_sigmoid_of_is_found() {
    let values = points(20);
    let healthy = of_given("logit", &values);
    assert!(healthy.verdict == Verdict::Good && healthy.findings.is_empty(), "{healthy:?}");
    for given in ["prediction", "sigmoid(logit)", "sigmoid(dense(h, 1)[0])"] {
        let found = of_given(given, &values).findings;
        let first = found.first().map(|finding| finding.cause);
        assert_eq!(first, Some(Cause::DoubleSoftmax), "{given}: {found:?}");
        let line = &found[0].remedy.lines[0].after;
        assert!(!line.contains(given), "{line}");
        assert!(found[0].after.objective < found[0].before.objective, "{found:?}");
    }
}
