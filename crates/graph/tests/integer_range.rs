//! Which whole numbers an input may be, told from how indices are computed from it.

use std::collections::BTreeMap;

use chainrule_graph::{IntegerRange, text};

/// The least that `i` may be, and what it stays below, in a model with this expression; `w` has 10 elements.
fn of_i(expression: &str) -> (Option<i64>, Option<i64>) {
    let source = format!("input w [10]\ninput i [] int\ninput k [] int < 4\ninput v [3] int\ny = {expression}\n");
    let model = text::parse(&source).unwrap_or_else(|mistake| panic!("{}", mistake.render(&source, "test", false)));
    let function =
        model.build(&BTreeMap::new()).unwrap_or_else(|mistake| panic!("{}", mistake.render(&source, "test", false)));
    let IntegerRange { least, below, .. } = function.integer_range(function.graph.find("i").expect("it is declared"));
    (least, below)
}

#[test]
fn an_index_itself_lies_on_its_axis() {
    assert_eq!(of_i("w[i]"), (Some(0), Some(10)));
    assert_eq!(of_i("w[i] * w[:4][i]"), (Some(0), Some(4)));
    assert_eq!(of_i("w[stack(i, i)]"), (Some(0), Some(10)));
    assert_eq!(of_i("scatter_add(stack(i, k), w[:2], size=7)"), (Some(0), Some(7)));
    assert_eq!(of_i("nll(softmax(w), i)"), (Some(0), Some(10)));
    assert_eq!(of_i("i * w"), (None, None));
}

/// One number may be there in place of an index; where something else reads it, any number may.
#[test]
fn a_number_that_is_replaced_is_no_index_and_the_others_are() {
    assert_eq!(of_i("w[where(i != 12, i, 0)]"), (Some(0), Some(10)));
    assert_eq!(of_i("w[where(i != 12, i, 0)] + 0 * i"), (None, None));
    assert_eq!(of_i("w[where(k != 2, i, 0)]"), (None, None));
    assert_eq!(of_i("ctc(outer(w, w), reshape(i, [1]))"), (Some(0), Some(10)));
}

#[test]
fn what_is_added_or_subtracted_shifts_it() {
    assert_eq!(of_i("nll(softmax(w), i - 1)"), (Some(1), Some(11)));
    assert_eq!(of_i("w[i] * w[i + 1]"), (Some(0), Some(9)));
    assert_eq!(of_i("w[2 + i - 5]"), (Some(3), Some(13)));
    // k is 0, 1, 2 or 3.
    assert_eq!(of_i("w[i + k]"), (Some(-3), Some(10)));
    assert_eq!(of_i("w[i - k]"), (Some(0), Some(13)));
    assert_eq!(of_i("w[i - k - 2]"), (Some(2), Some(15)));
    assert_eq!(of_i("w[i + 3]"), (Some(-3), Some(7)));
    // v, and i itself, may be any numbers.
    assert_eq!(of_i("w[v + i]"), (None, None));
    assert_eq!(of_i("w[i - v]"), (None, None));
    assert_eq!(of_i("w[i + i + 1]"), (None, None));
    assert_eq!(of_i("w[i + constant([1, 2, 0], kind=int)]"), (Some(-2), Some(10)));
}

#[test]
fn products_and_the_greater_and_lesser_of_two_bound_one_side() {
    assert_eq!(of_i("w[2 * max(i, 0)]"), (None, Some(10)));
    assert_eq!(of_i("w[0 * i]"), (None, None));
    assert_eq!(of_i("w[max(i, 3)]"), (None, Some(10)));
    assert_eq!(of_i("w[max(i - 1, 0)]"), (None, Some(11)));
    assert_eq!(of_i("w[min(i, 9)]"), (Some(0), None));
    assert_eq!(of_i("w[min(i, 9) - 2]"), (Some(2), None));
    assert_eq!(of_i("w[9 - i]"), (None, None));
    assert_eq!(of_i("w[where(i < 3, i, 0)]"), (None, None));
}

#[test]
fn an_axis_that_no_number_fits_leaves_none() {
    assert_eq!(of_i("w[:2][i] * w[i - 5]"), (Some(5), Some(2)));
    assert!(!IntegerRange { least: Some(5), below: Some(2), ignored: None }.contains(3.0));
}

#[test]
fn what_is_ignored_is_no_class_and_passes() {
    let range = |objective: &str| {
        let source = format!("input W [4, 3]\noutcome i [4] int < 3\nobjective = {objective}\n");
        let function = text::parse(&source).unwrap().build(&Default::default()).unwrap();
        function.integer_range(function.graph.find("i").unwrap())
    };
    let ignoring = range("cross_entropy(W, i, ignore=-1)");
    assert!(ignoring.contains(-1.0) && ignoring.contains(2.0) && !ignoring.contains(-2.0) && !ignoring.contains(3.0));
    assert_eq!(ignoring.to_string(), "a whole number from 0 to 2, or -1");
    assert!(range("cross_entropy(W[1:, :], i[1:], ignore=-100)").contains(-100.0));
    assert_eq!(range("cross_entropy(W, i, ignore=1)").to_string(), "a whole number from 0 to 2");
    for other in ["cross_entropy(W, i)", "cross_entropy(W, i, ignore=-1) + sum(one_hot(i, 3))"] {
        assert!(!range(other).contains(-1.0), "{other}");
    }
}
