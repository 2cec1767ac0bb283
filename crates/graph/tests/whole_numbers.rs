//! Which whole numbers an input may be, told from how indices are computed from it.

use std::collections::BTreeMap;

use chainrule_graph::{WholeNumbers, text};

/// The least that `i` may be, and what it stays below, in a model with this expression; `w` has 10 entries.
fn of_i(expression: &str) -> (usize, Option<usize>) {
    let source = format!("input w [10]\ninput i [] int\ninput k [] int < 4\ninput v [3] int\ny = {expression}\n");
    let model = text::parse(&source).unwrap_or_else(|mistake| panic!("{}", mistake.render(&source, "test", false)));
    let function =
        model.build(&BTreeMap::new()).unwrap_or_else(|mistake| panic!("{}", mistake.render(&source, "test", false)));
    let WholeNumbers { least, below } = function.whole_numbers(function.graph.find("i").expect("it is declared"));
    (least, below)
}

#[test]
fn an_index_itself_lies_on_its_axis() {
    assert_eq!(of_i("w[i]"), (0, Some(10)));
    assert_eq!(of_i("w[i] * w[:4][i]"), (0, Some(4)));
    assert_eq!(of_i("w[stack(i, i)]"), (0, Some(10)));
    assert_eq!(of_i("scatter_add(stack(i, k), w[:2], size=7)"), (0, Some(7)));
    assert_eq!(of_i("nll(softmax(w), i)"), (0, Some(10)));
    assert_eq!(of_i("i * w"), (0, None));
}

#[test]
fn what_is_added_or_subtracted_shifts_it() {
    assert_eq!(of_i("nll(softmax(w), i - 1)"), (1, Some(11)));
    assert_eq!(of_i("w[i] * w[i + 1]"), (0, Some(9)));
    assert_eq!(of_i("w[2 + i - 5]"), (3, Some(13)));
    // k is 0, 1, 2 or 3.
    assert_eq!(of_i("w[i + k]"), (0, Some(10)));
    assert_eq!(of_i("w[i - k]"), (0, Some(13)));
    assert_eq!(of_i("w[i - k - 2]"), (2, Some(15)));
    // v may be any numbers from 0.
    assert_eq!(of_i("w[v + i]"), (0, Some(10)));
    assert_eq!(of_i("w[i - v]"), (0, None));
    assert_eq!(of_i("w[i + i + 1]"), (0, Some(9)));
    assert_eq!(of_i("w[i + constant([1, 2, 0], kind=int)]"), (0, Some(10)));
}

#[test]
fn products_and_the_greater_and_lesser_of_two_bound_one_side() {
    assert_eq!(of_i("w[2 * i]"), (0, Some(10)));
    assert_eq!(of_i("w[0 * i]"), (0, None));
    assert_eq!(of_i("w[max(i, 3)]"), (0, Some(10)));
    assert_eq!(of_i("w[max(i - 1, 0)]"), (0, Some(11)));
    assert_eq!(of_i("w[min(i, 9)]"), (0, None));
    assert_eq!(of_i("w[min(i, 9) - 2]"), (2, None));
    assert_eq!(of_i("w[9 - i]"), (0, None));
    assert_eq!(of_i("w[where(i < 3, i, 0)]"), (0, None));
}

#[test]
fn an_axis_that_no_number_fits_leaves_none() {
    assert_eq!(of_i("w[:2][i + 3]"), (0, Some(0)));
    assert!(!WholeNumbers { least: 0, below: Some(0) }.contain(0.0));
}
