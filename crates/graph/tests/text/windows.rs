//! What does not fit in windows, convolutions, pools and attention is told, with the shapes and the numbers.

use super::support::mistake;

#[track_caller]
fn is_told(call: &str, said: &[&str]) {
    let inputs = "input x [4, 5, 6]\ninput v [7]\ninput q [3, 2]\ninput k [4, 2]\nparam W [6, 4, 3, 3] = 0\n";
    let mistake = mistake(&format!("{inputs}y = {call}\n")).to_string();
    for said in said {
        assert!(mistake.contains(said), "`{said}` is not said of {call}, but: {mistake}");
    }
    assert!(mistake.contains("line 6"), "{mistake}");
}

#[test]
fn windows_that_do_not_fit() {
    is_told("windows(v, 8)", &["8 elements", "axis 0 of 7"]);
    is_told("windows(v, 3, dilation=4)", &["3 elements, 4 apart, so 9 in all", "axis 0 of 7"]);
    is_told("windows(v, 0)", &["sizes of at least 1", "[0]"]);
    is_told("windows(v, 2, stride=0)", &["strides of at least 1", "[0]"]);
    is_told("windows(v, 2, stride=[1, 2])", &["a stride for each of 2 axes", "there are 1"]);
    is_told("windows(v, [2, 2])", &["2 axes", "1 axes"]);
    is_told("windows(v, 2, axes=[1])", &["no axis 1"]);
    is_told("fold(windows(v, 2), [9])", &["[8, 2]", "[6, 2]"]);
    is_told("fold(v, [3])", &["[7]", "begins with [7], not [3]"]);
    is_told("fold(v, [3, 3])", &["too few axes"]);
}

#[test]
fn convolutions_that_do_not_fit() {
    is_told("convolution(x, W, groups=3)", &["3 groups do not divide 4 channels", "[4, 5, 6]", "[6, 4, 3, 3]"]);
    is_told("convolution(x, W, groups=2)", &["the weights are [O, 2, …]", "a multiple of 2"]);
    is_told("convolution(x[0:3], W)", &["for 3 channels the weights are [O, 3, …]"]);
    is_told("convolution(x, W, groups=0)", &["0 groups"]);
    is_told("convolution(x, W, stride=0)", &["a stride of 0"]);
    is_told("convolution(x, W, stride=[1, 1, 1])", &["a stride for each of 3 axes", "there are 2"]);
    is_told(
        "convolution(x, W, dilation=3)",
        &["3 elements", "spans 7", "axis 1", "has 5 with its padding", "channels are the first axis"],
    );
    is_told("convolution(v, W)", &["channels and 1 to 3 axes", "[7]"]);
    is_told("convolution(x, W[0])", &["weights of 4 axes", "[4, 3, 3]"]);
    is_told("convolution(x, W, padding=\"valid\")", &["\"same\"", "no padding is 0"]);
    is_told("convolution(x > 0, W)", &["real numbers", "kind bool"]);
    is_told("convolution_transpose(x, W)", &["[4, 5, 6]", "[6, 4, 3, 3]", "the weights are [4, O/groups, …]"]);
    is_told("convolution_transpose(x, W[0:4], padding=\"same\")", &["no padding \"same\""]);
    is_told("convolution_transpose(x, W[0:4], padding=5)", &["a padding of 5", "axis 1"]);
}

#[test]
fn pools_that_do_not_fit() {
    is_told("max_pool(x, 6)", &["a window of 6", "axis 1, which has 5"]);
    is_told("max_pool(x, 2, stride=0)", &["a stride of 0"]);
    is_told("mean_pool(x, 0)", &["a size of 0"]);
    is_told("mean_pool(x, 2, padding=2)", &["a padding of 2", "a window of 2"]);
    is_told("max_pool(v, 2)", &["channels and 1 to 3 axes", "[7]"]);
    is_told("mean_pool(x, 2, count_padding=2)", &["true or false"]);
}

#[test]
fn attention_that_does_not_fit() {
    is_told("attention(q, k, v)", &["[3, 2]", "[4, 2]", "[7]", "[.., T, d]"]);
    is_told("attention(q, k, q)", &["[3, 2], `k` [4, 2] and `q` [3, 2]"]);
    is_told("attention(q, k, k, causal=true)", &["as many keys as queries, not 4 and 3"]);
    is_told("attention(q, k, k, mask=v > 0)", &["stretches to [3, 4]", "[7]"]);
    is_told("attention(q, k, k, mask=v[0:4])", &["truth values", "kind real"]);
}
