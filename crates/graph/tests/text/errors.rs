//! Mistakes: each says what is wrong, where, and what would be right.

use std::collections::BTreeMap;

use chainrule_graph::text::Help;
use chainrule_graph::{Kind, Shape, text};

use super::support::{build, mistake};

/// A text with one mistake, marked by `«` and `»`, and what must be said of it.
fn is_told(marked: &str, says: &[&str]) {
    let start = marked.find('«').expect("the beginning is marked");
    let end = marked.find('»').expect("the end is marked") - '«'.len_utf8();
    let source = marked.replace(['«', '»'], "");
    let mistake = match build(&source) {
        Ok(_) => panic!("no mistake was found in\n{marked}"),
        Err(mistake) => mistake,
    };
    let said = mistake.to_string();
    for word in says {
        assert!(said.contains(word), "`{word}` is not said of\n{marked}\nbut: {said}");
    }
    let span = mistake.span.unwrap_or_else(|| panic!("no span is given for\n{marked}\nonly: {said}"));
    assert_eq!((span.start, span.end), (start, end), "another span is shown of\n{marked}\n{said}");
    let before = &source[..start];
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.rsplit('\n').next().unwrap_or_default().chars().filter(|&c| c != '\u{feff}').count();
    assert_eq!((span.line, span.column), (line, column), "{marked}");
    // The picture has the line, its number and the message.
    let shown = mistake.render(&source, "model.graph", false);
    let text = source
        .lines()
        .nth(line - 1)
        .unwrap_or_default()
        .trim_matches([' ', '\t', '\r', '\u{feff}'])
        .replace('\t', "    ")
        .replace('\0', "␀");
    assert!(shown.contains(&mistake.message) && shown.contains(&format!("model.graph:{line}:{column}")), "{shown}");
    assert!(shown.contains(&text), "{shown}");
}

#[test]
fn of_characters_and_numbers() {
    is_told("a = «1_000»\n", &["`1_000` is not a number", "write 1000"]);
    is_told("a = «1.2.3»\n", &["`1.2.3` is not a number"]);
    is_told("a = «1e999»\n", &["too large"]);
    is_told("a = «2x»\n", &["`2x` is not a number", "`2 * x`"]);
    is_told("a = «0x10»\n", &["is not a number"]);
    is_told("a = 1 «−» 2\n", &["write `-`"]);
    is_told("input x []\na = x«²»\n", &["`x^2`"]);
    is_told("a = 1«;» b = 2\n", &["a line of its own"]);
    is_told("a = 1 «%» 2\n", &["floor(x / n)"]);
    is_told("a = «\0»1\n", &["U+0000"]);
    is_told("a = «\"text\"»\n", &["text in quotes"]);
    is_told("a = «\"no end»\nb = 1", &["is not closed"]);
    is_told("«`no end»\nb = 1", &["is not closed", "`"]);
    is_told("`a«\\»x` = 1\n", &["\\n"]);
    is_told("a = «$»\n", &["number of a node"]);
    is_told("a = «$7»\n", &["no node $7"]);
}

#[test]
fn of_brackets() {
    is_told("input x [2]\n\na = sum«(»x + 1\nb = (x)\n", &["`(` is not closed", "line 3, column 8"]);
    is_told("a = «[»1, 2\n", &["`[` is not closed"]);
    is_told("a = «(»1, 2]\n", &["`(` is not closed"]);
    is_told("a = 1 + 2«)»\n", &["closes nothing"]);
    is_told("scope s «{»\na = 1\n", &["`{` is not closed"]);
    is_told("scope s {\na = «(»1\n}\n", &["`(` is not closed"]);
    is_told("a = («)»\n", &["expected a value, found"]);
    is_told("a = (1«,» 2)\n", &["[1, 2, 3]"]);
    is_told("a = (1 «2»)\n", &["missing before `2`"]);
    is_told("input x [2]\na = x[«]»\n", &["expected a value, found"]);
    is_told("input x [2]\na = x[0:1«:»2]\n", &["two ends"]);
    is_told("a = sum([1, 2]«:»3)\n", &["only allowed in an index"]);
}

#[test]
fn of_statements() {
    is_told("input x«»\n", &["`input x []` is a scalar"]);
    is_told("input «[»3]\n", &["a name is missing"]);
    is_told("«inptu» x [3]\n", &["did you mean `input`?"]);
    is_told("hello «world»\n", &["`=` is missing", "NAME = expression"]);
    is_told("«+» 1\n", &["end the line above"]);
    is_told("«3» = a\n", &["does not start a statement"]);
    is_told("a = 1 +«»\nb = 2\n", &["incomplete", "after an operator"]);
    is_told("a = 1 +«»\nb, c = f(2)\n", &["incomplete", "after an operator"]);
    is_told("a =«»\n", &["incomplete"]);
    is_told("a = 1 «b»\n", &["unexpected `b` after the end of the statement", "operator between"]);
    is_told("a = 1 «=» 2\n", &["`==`"]);
    is_told("a = 1\n«a» = 2\n", &["`a` is defined twice", "line 1"]);
    is_told("input a []\nlet «a» = 2\n", &["`a` is"]);
    is_told("let n = 1\nlet «n» = 2\n", &["`n` is defined twice"]);
    is_told("let «5» = 2\n", &["name of the size"]);
    is_told("let n«»\n", &["`let m = 10`"]);
    is_told("input x []\nlet n = «exp(x)»\n", &["a `let` must be a number"]);
    is_told("let n = «1 / 0»\n", &["finite"]);
    is_told("input x [3] «integer»\n", &["kinds are `int`"]);
    is_told("input x [3] «=» 0\n", &["only a parameter"]);
    is_told("input x [3] int < «0»\n", &["less than 0"]);
    is_told("outcome y [] int «k»\n", &["unexpected `k`"]);
    is_told("input x [«-»3]\n", &["is not a size"]);
    is_told("input x [«2.5»]\n", &["whole number"]);
    is_told("input x [«99999999999999999999»]\n", &["too large"]);
    is_told("input x [2 «*» 3]\n", &["compute it with a `let`"]);
    is_told("input x [3]\ninput y [«x»]\n", &["is a value, not a size"]);
    is_told("let n = 2.5\ninput x [«n»]\n", &["size `n`", "2.5", "whole number"]);
    is_told("let n = -1\ninput x [«n»]\n", &["the size `n` must be a whole number from 0 up, not -1"]);
    is_told("input x [3]\n«x» = 1\n", &["`x` is defined twice"]);
    is_told("let d = 4\ninput x [d]\n«d» = 1\n", &["`d` is defined twice"]);
    is_told("update «m» = 1\n", &["no `m`"]);
    is_told("a = 1\n«update a = 2»\n", &["`a`", "computed"]);
    is_told("state m [2] = 0\n«update m = m[0]»\n", &["shapes differ"]);
    is_told("scope «{»\n}\n", &["name of the scope"]);
    is_told("scope a {\nscope b {}\n}\n«scope b {»}\n", &["another scope"]);
    is_told("role «banana» x\n", &["is not a role"]);
    is_told("input x []\na = exp(x)\n«role input a»\n", &["computed"]);
}

#[test]
fn of_initial_values() {
    is_told("param w [3]«»\n", &["an initial value", "= 0"]);
    is_told("param w [3] ~ «gorlot»\n", &["did you mean `glorot`?"]);
    is_told("param w [3] ~ «glorot»\n", &["too few axes"]);
    is_told("param w [] ~ «he»\n", &["too few axes"]);
    is_told("param w [3] ~ normal«»\n", &["normal(mean, std)"]);
    is_told("param w [3] ~ normal(0«)»\n", &["normal(mean, std)"]);
    is_told("param w [3] ~ normal(0, 1«,» 2)\n", &["normal(mean, std)"]);
    is_told("param w [3] ~ normal(0, «-1»)\n", &["standard deviation"]);
    is_told("param w [3] ~ uniform(2, «1»)\n", &["empty"]);
    is_told("input x []\nparam w [3] = «x»\n", &["fixed number"]);
    is_told("param w [3] = «[1, 2]»\n", &["shape [3]"]);
    is_told("param w [3] = «nan»\n", &["no `nan`", "in quotes"]);
    is_told("input x []\na = x * «\"Inf\"»\n", &["text in quotes", "\"inf\""]);
    is_told("a = constant(«\"Inf\"»)\n", &["text in quotes", "\"inf\""]);
    is_told("input x [2]\na = x[0:«3»]\n", &["3 lies outside", "between 0 and 2"]);
    is_told("param w [3] = «\"nun\"»\n", &["fixed number"]);
}

#[test]
fn of_names_and_calls() {
    let names = "input x [3]\ninput weight [3]\ninput W [2, 3]\noutcome y [] int\n";
    let told = |marked: &str, says: &[&str]| is_told(&format!("{names}{marked}"), says);
    told("a = «wieght» + 1\n", &["no `wieght`", "did you mean `weight`?"]);
    told("a = «qqqqq» + 1\n", &["no `qqqqq`", "define it"]);
    told("a = «b» + 1\nb = 2\n", &["`b` is used before it is defined"]);
    told("a = «c» + 1\nb, c = f(x)\n", &["`c` is used before it is defined"]);
    told("a = «a» + 1\n", &["its own definition"]);
    told("a = «exp» + 1\n", &["`exp` is a function: exp(x)"]);
    told("a = «dott»(x, x)\n", &["no function `dott`", "did you mean `dot`?"]);
    told("a = «ln»(x)\n", &["`log(x)`"]);
    told("a = «matmul»(W, x)\n", &["`A @ b`"]);
    told("a = «x»(2)\n", &["`x * (…)`"]);
    told("a = exp(x, «x»)\n", &["takes 1 argument", "exp(x)"]);
    told("a = «dot(x)»\n", &["`b` of `dot` is missing", "dot(a, b)"]);
    told("a = «exp()»\n", &["`x` of `exp` is missing"]);
    told("a = softmax(x, «axs»=0)\n", &["no parameter `axs`", "did you mean `axis`?", "softmax(x, axis=…)"]);
    told("a = softmax(x, axis=0, «axis»=0)\n", &["`axis` is given twice"]);
    told("a = double(«x»=x)\n", &["no keywords"]);
    told("a = custom(«\"nothing\"», x)\n", &["no custom node"]);
    told("a = max(x, x, axis=«0»)\n", &["takes no axis"]);
    told("a = x < x «<» x\n", &["do not chain"]);
}

#[test]
fn of_shapes_and_kinds() {
    let names = "input x [3]\ninput v [2]\ninput W [2, 3]\noutcome y [] int\n";
    let told = |marked: &str, says: &[&str]| is_told(&format!("{names}{marked}"), says);
    told("a = 1 + «dot(v, x)» * 2\n", &["dot", "[2]", "[3]", "`v`", "`x`", "must be equal"]);
    told("a = «dot(W, W)»\n", &["dot", "sum(a * b)"]);
    told("a = «x + v»\n", &["add", "[3]", "[2]", "axis 0"]);
    told("a = «W @ v»\n", &["[2, 3]", "[2]"]);
    told("a = «x @ 2»\n", &["`*`"]);
    told("a = «affine(W, x, x)»\n", &["b would be [2]"]);
    told("a = «reshape(x, [2, 2])»\n", &["3 elements"]);
    told("a = reshape(x, «[-1, 3]»)\n", &["whole number"]);
    told("a = reshape(x, «3»)\n", &["a list"]);
    told("a = «transpose(W, axes=[0, 0])»\n", &["no order of the axes"]);
    told("a = sum(W, axis=«2»)\n", &["no axis 2", "0 to 1"]);
    told("a = sum(W, axis=«-1»)\n", &["axis", "axes count from 0"]);
    told("a = sum(W, axis=«[0, 0]»)\n", &["twice"]);
    told("a = softmax(«sum(x)»)\n", &["takes a vector"]);
    told("a = x[«3»]\n", &["index 3", "0", "size 3"]);
    told("a = x[«-1»]\n", &["negative index", "count from 0"]);
    told("a = x[«0.5»]\n", &["whole number"]);
    told("a = x[1:«9»]\n", &["9 lies outside"]);
    told("a = x[2:«1»]\n", &["ends before it starts"]);
    told("a = x[«sum(v)»:]\n", &["fixed numbers"]);
    told("a = «x[0, 1]»\n", &["2 indices", "one index"]);
    told("a = «x[0][0]»\n", &["1 index", "a scalar has no elements"]);
    told("a = x[«v»]\n", &["whole number", "int"]);
    told("a = gather(x, «7»)\n", &["index 7"]);
    told("a = nll(softmax(x), «3»)\n", &["index 3"]);
    told("a = nll(softmax(x), «sum(x)»)\n", &["whole number"]);
    told("a = «where(x, 1, 2)»\n", &["condition"]);
    told("a = «where(sum(x), 1, 2.5)»\n", &["takes a condition", "x != 0"]);
    told("a = «stack(x, v)»\n", &["equal shapes"]);
    told("a = «concat(x, W)»\n", &["differ only at axis 0"]);
    told("a = [1, «[2]»]\n", &["one shape"]);
    told("a = [1, «x»]\n", &["stack(a, b, …)", "concat(a, b, …)"]);
    told("a = «cross_entropy(W, y)»\n", &["without its last axis", "`flatten`"]);
    told("a = pad(x, «[99999999999999]», [0])\n", &["too large"]);
    told("a = iota(«1e13»)\n", &["too large", "about 1e12"]);
    told("a = x[«where(x[0] > 0, 1, 0)»]\n", &["compute it from whole numbers"]);
    told("a = constant(1, kind=«\"int\"»)\n", &["without quotes"]);
    told("a = «outer(pad(x, [999999999], [0]), pad(x, [999999999], [0]))»\n", &["too large"]);
    told("a = constant(0, «[99999, 99999]»)\n", &["too large"]);
    told("a = constant(0, «[999999, 999999, 999999]»)\n", &["too large"]);
    told("a = constant([1, 2], «[3]»)\n", &["3 elements", "there are 2 numbers"]);
    told("a = constant(«0.5», kind=int)\n", &["not a whole number"]);
    told("a = «contract(W, x, \"ij,j\")»\n", &["no contraction"]);
    told("a = «contract(x, x, [0], [0], [200])»\n", &["contract"]);
    told("a = «mean(pad(x, [0], [0])[0:0])»\n", &["mean of no elements"]);
    told("a = «std(pad(x, [0], [0])[0:0])»\n", &["mean of no elements"]);
    told("a = «lstm(W, 200000000000)»\n", &["too large"]);
    told("a = «convolution_transpose(pad(W, [0, 0], [0, 20000000]), ones([2, 1, 1]), stride=1e12)»\n", &["too large"]);
    is_told("input «x» [9999999, 9999999]\n", &["too large"]);
}

#[test]
fn of_roles() {
    is_told("outcome y []\nprediction = «y * 2»\n", &["the prediction needs the outcome `y`"]);
}

#[test]
fn lines_and_columns_count_characters_whatever_the_text() {
    is_told("\u{feff}a = «b»\n", &["no `b`"]);
    is_told("input größe [2]\r\n\tä = größe + «gröse»\r\n", &["did you mean `größe`?"]);
    is_told("# 😀\n`😀` = 1\na = `😀` + «c»\n", &["no `c`"]);
    let long = format!("a = {}«b»{}\n", "1 + ".repeat(50_000), " + 1".repeat(50_000));
    let source = long.replace(['«', '»'], "");
    let mistake = mistake(&source);
    let shown = mistake.render(&source, "model.graph", false);
    assert!(shown.contains("model.graph:1:200005") && shown.contains("no `b`") && shown.len() < 2000, "{shown}");
    assert!(shown.contains('^'), "{shown}");
}

#[test]
fn pictures_underline_and_help() {
    let source = "input x [2]\nparam w [3] = 0\nprediction = dot(w, x)\n";
    assert_eq!(
        mistake(source).render(source, "m.graph", false),
        "\
error: dot: shapes [3] and [2] do not fit: axis 0 of `w` has 3, axis 0 of `x` has 2
 --> m.graph:3:14
  |
3 | prediction = dot(w, x)
  |              ^^^^^^^^^
  |
  = help: the two must be equal"
    );
    assert!(mistake(source).render(source, "m.graph", true).contains('\u{1b}'));
    let source = "a = 1\nb = 2\na = 3\n";
    let shown = mistake(source).render(source, "m.graph", false);
    assert!(shown.contains("1 | a = 1\n  | - first defined here"), "{shown}");
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    assert_eq!(text::decode(b"\xef\xbb\xbfa = 1").expect("a byte-order mark is no mistake"), "a = 1");
    let mistake = text::decode(b"a = 1\nb = \xff\n").expect_err("these are not UTF-8");
    assert!(mistake.to_string().contains("line 2") && mistake.to_string().contains("UTF-8"), "{mistake}");
}

#[test]
fn sizes_are_told_by_name() {
    let model = text::parse("input x [dim]\nlet m = 3\nparam W [m, dim] = 0\nh = W @ x\n").expect("it parses");
    let told = |sizes: &[(&str, f64)], says: &[&str]| {
        let sizes: BTreeMap<String, f64> = sizes.iter().map(|&(name, size)| (name.to_string(), size)).collect();
        let mistake = model.build(&sizes).expect_err("there is a mistake");
        let said = mistake.to_string();
        says.iter().for_each(|word| assert!(said.contains(word), "`{word}` is not in: {said}"));
        assert!(!said.contains("--"), "an option of a command: {said}");
        mistake
    };
    let open = told(&[], &["`dim` is not bound", "line 1, column 10", "when the model is built", "`let dim = …`"]);
    assert_eq!(open.help.as_deref(), Some(&Help::BindSize("dim".into())));
    let unknown = told(&[("dim", 2.0), ("dmi", 3.0)], &["`dmi`", "did you mean `dim`?"]);
    assert_eq!((unknown.binding.as_deref(), unknown.span), (Some("dmi"), None));
    told(&[("dim", 2.0), ("zzz", 3.0)], &["`zzz`", "m, dim"]);
    let fraction = told(&[("dim", 2.5)], &["`dim`", "2.5", "whole number"]);
    assert_eq!((fraction.binding.as_deref(), fraction.span), (Some("dim"), None));
    told(&[("dim", -1.0)], &["`dim`", "-1"]);
    let not_finite = told(&[("dim", f64::NAN)], &["`dim`"]);
    assert_eq!(not_finite.binding.as_deref(), Some("dim"));
    told(&[("dim", 2.0), ("m", 0.5)], &["size `m`", "0.5", "whole number"]);
    told(&[("dim", 1e13)], &["`dim`"]);
    let model = text::parse("input x [d]\nparam w [5] = 0\nh = dot(w, x)\n").expect("it parses");
    let said = model.build(&model.small_sizes(&BTreeMap::new())).expect_err("they differ").to_string();
    assert!(said.ends_with("the two must be equal; here d = 2"), "{said}");
}

#[test]
fn expressions_tell_names_without_values_and_values_without_names() {
    let source = "log(dot(w, x)) + bias";
    let expression = text::parse_expression(source).expect("it parses");
    let told = |values: &[(&str, &[usize])], says: &[&str]| {
        let values: Vec<(String, Shape, Kind)> =
            values.iter().map(|&(name, shape)| (name.to_string(), shape.into(), Kind::Real)).collect();
        let mistake = expression.build(&values).expect_err("there is a mistake");
        let said = mistake.to_string();
        says.iter().for_each(|word| assert!(said.contains(word), "`{word}` is not in: {said}"));
        mistake
    };
    let missing =
        told(&[("w", &[3]), ("x", &[3])], &["`bias` has no value", "column 18", "when the expression is built"]);
    assert_eq!(missing.help.as_deref(), Some(&Help::BindName("bias".into())));
    told(&[("w", &[3]), ("x", &[3]), ("bais", &[])], &["`bais`", "does not occur", "did you mean `bias`?"]);
    told(&[("w", &[3]), ("w", &[3])], &["`w` is given two values"]);
    told(&[("w", &[3]), ("x", &[2]), ("bias", &[])], &["dot", "[3]", "[2]", "column 5"]);
    for (source, says) in [
        ("", "no expression"),
        ("  # nothing", "no expression"),
        ("x +", "end of the text"),
        ("x = 2", "`==`"),
        ("x y", "unexpected `y` after the end of the expression"),
        ("(x", "not closed"),
        ("foo(x)", "no function `foo`"),
    ] {
        let said = text::parse_expression(source).expect_err("there is a mistake").to_string();
        assert!(said.contains(says), "`{says}` is not said of `{source}`, but: {said}");
    }
}

#[test]
fn of_what_is_meant_otherwise() {
    is_told("param w [3] = «abc»\n", &["a number, or the name of a number", "`let abc = …`"]);
    is_told("let m = «abc»\n", &["`let abc = …`"]);
    is_told("input x []\na = x *«*» 2\n", &["`x^2`"]);
    is_told("input x [2]\na = «qqqqqq»(x)\n", &["the functions are neg, exp, ", ", iota, "]);
    let mistake = text::parse_expression("x y").expect_err("two values").to_string();
    assert!(mistake.contains("an operator between two values"), "{mistake}");
}

#[test]
fn every_function_has_a_signature() {
    let signatures: Vec<String> = text::signatures().collect();
    for signature in ["tanh(x)", "max(a, b=…, axis=…)", "slice(x, start, stop)", "stack(a, …, axis=…)"] {
        assert!(signatures.contains(&signature.to_string()), "{signature} is not among {signatures:?}");
    }
}

#[test]
fn of_several_results() {
    let told = |line: &str, said: &[&str]| {
        is_told(&format!("input x [3]\ny = `my \"node\"`(x, x)\n{line}\n"), said);
    };
    told("a, b = «x + 1»", &["one result", "2 are named"]);
    let two = "custom(\"my \\\"node\\\"\", x, x, y, y, pass=\"backward\")";
    told(&format!("a, b, c = «{two}»"), &["2 results", "3 are named"]);
    told(&format!("a = «{two}»"), &["2 results at once", "a, b = f(x)"]);
    told(&format!("a = 1 + «{two}»"), &["2 results at once", "a, b = f(x)"]);
    told(&format!("a, «7» = {two}"), &["name", "missing"]);
    told(&format!("a, «x» = {two}"), &["`x` is defined twice"]);
    told("a, b «x»", &["`=`"]);
}

#[test]
fn names_from_elsewhere_are_told_what_they_are_here() {
    for (call, here) in [
        ("«silly_det»(x)", "the functions are"),
        ("«det»(x)", "no determinants"),
        ("«shape»(x)", "a size is a name in a declaration"),
        ("«conv2d»(x, x)", "convolution(x, W)"),
        ("«if»(x > 0, x, 0)", "where(x > 0, a, b)"),
        ("«not»(x > 0)", "swap the branches"),
        ("where(x > 0 «and» x < 2, x, 0)", "where(x > 0, where(x < 2, a, b), b)"),
        ("«CrossEntropyLoss»(x, x)", "cross_entropy(z, y)"),
        ("«arctan2»(x, x)", "atan(y / x)"),
        ("x @ x«.»T", "transpose(x)"),
        ("np«.»exp(x)", "names stand without a module: `exp(…)`"),
        ("torch«.»clamp(x)", "clip(x, low, high)"),
        ("x«.»sum()", "sum(x)"),
        ("x /«/» 2", "floor(a / b)"),
        ("x «%» 2", "x - n * floor(x / n)"),
        ("«sigmodi»(x)", "did you mean `sigmoid`?"),
        ("«where((x > 0) * (x < 2), x, 0)»", "(x > 0) * (x < 2) > 0"),
    ] {
        is_told(&format!("input x [2]\na = {call}\n"), &[here]);
    }
    is_told("input x [2]\na = «if» x > 0 then x else 0\n", &["where(x > 0, a, b)"]);
    is_told("«/»/ my model\ninput x [2]\n", &["a comment begins with `#`"]);
    // A name that is spelt like another, and means something else, is not offered.
    let far = text::parse("input x [2]\na = sizzz(x)\n").expect_err("it is unknown").to_string();
    assert!(!far.contains("did you mean"), "{far}");
}

#[test]
fn every_function_that_help_names_is_there() {
    for name in ["clip", "norm", "prod", "std", "gelu", "cross_entropy", "kl_divergence", "sort", "lgamma"] {
        assert!(text::signatures().any(|signature| signature.starts_with(&format!("{name}("))), "{name}");
    }
}
