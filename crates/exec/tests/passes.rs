//! What each pass makes of a small graph: before and after, as `passes` shows them.

use chainrule_exec::compile::{Options, passes};
use chainrule_graph::{Builder, Convolution, Graph, Initializer, Pool, Var, batch, grad};

/// The text after a pass; the program reports the nodes called `y`.
fn after(pass: &str, graph: &Graph) -> String {
    let options = Options { outputs: graph.find("y").into_iter().collect(), ..Options::default() };
    let stages = passes(graph, &options).unwrap();
    stages.into_iter().find(|(name, _)| *name == pass).unwrap().1
}

fn graph(build: impl for<'g> FnOnce(&'g Builder)) -> Graph {
    let builder = Builder::new();
    build(&builder);
    builder.finish_graph().unwrap()
}

fn state<'g>(builder: &'g Builder, name: &str, shape: &[usize]) -> Var<'g> {
    builder.state(name, shape, Initializer::Constant(0.0))
}

/// The lines of a plan, without the numbers.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(|line| line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit())).collect()
}

#[test]
fn simplify_merges_equal_nodes() {
    let graph = graph(|b| {
        let x = b.input("x", [3]);
        (x.exp() + 1.0 * x.exp()).named("y");
    });
    assert_eq!(after("simplify", &graph).matches("exp(x)").count(), 1);
}

#[test]
fn accumulate_gathers_the_scalars_of_an_update() {
    let graph = graph(|b| {
        let (w, rate) = (state(b, "W", &[3, 2]), b.input("rate", []));
        let (g, x) = (b.input("g", [3]), b.input("x", [2]));
        b.update(w, w - rate * (g.outer(x).named("gradient") + 0.1 * w));
    });
    let text = after("accumulate", &graph);
    let accumulation = text.lines().last().unwrap();
    assert!(accumulation.starts_with("accumulate W = %") && accumulation.ends_with("· gradient"), "{text}");
    let text = after("emit", &graph);
    assert!(text.contains("rank-1 3×2") && !text.contains("loop"), "{text}");
}

#[test]
fn multiples_of_a_value_are_computed_where_they_are_read() {
    let graph = graph(|b| {
        let (x, w) = (b.input("x", [40, 40]), b.input("w", [40, 40]));
        let h = x.tanh().named("h");
        let (p, q) = ((0.5 * h).named("p"), (0.7 * h).named("q"));
        let product = (p.exp() * q.sin()).matmul(w);
        (product * p + q).named("y");
    });
    let text = after("emit", &graph);
    let are_stored = ["h", "p", "q"].map(|name| text.contains(&format!(" {name} = t")));
    assert_eq!(are_stored, [true, false, false], "{text}");
}

#[test]
fn what_follows_from_one_array_is_computed_where_it_is_read() {
    let graph = graph(|b| {
        let x = b.input("x", [300, 16]).tanh();
        let [gain, shift] = ["gain", "shift"].map(|name| b.input(name, [16]));
        let centred = (x - gain).named("centred");
        let scaled = (centred * gain + shift).named("scaled");
        let product = scaled.sin().matmul(x.transpose());
        (product.sum() + (scaled.exp() + centred.sin()).sum() + x.matmul(x.transpose()).sum()).named("y");
    });
    let text = after("fuse", &graph);
    let loops = lines(&text);
    let computes = |line: &&&str, name: &str| line.contains(&format!("{name} = "));
    // Each loop that reads one computes it, and from it the next.
    assert_eq!(loops.iter().filter(|line| computes(line, "centred")).count(), 1, "{text}");
    let rest = after("emit", &graph);
    assert!(!rest.contains("centred = ") && !rest.contains("scaled = "), "{rest}");
}

/// The gradients of a gain and a shift that are spread over examples, and the gradient of what they scale.
#[test]
fn loops_that_read_the_same_become_one_and_sums_of_sums_one_sum() {
    let graph = graph(|b| {
        let (x, g) = (b.input("x", [20, 30, 16]), b.input("g", [20, 30, 16]));
        let gain = b.input("gain", [16]);
        let cotangent = (g * x.exp()).named("cotangent");
        let shift = cotangent.sum_axes(&[0]).sum_axes(&[0]);
        let of_gain = (cotangent * x).sum_axes(&[0, 1]);
        let rest = (cotangent * gain).sin().sum_axes(&[0, 1]);
        (shift + 2.0 * of_gain + rest).named("y");
    });
    let text = after("fuse", &graph);
    let large: Vec<&str> = lines(&text).into_iter().filter(|line| line.starts_with("loop 9600")).collect();
    assert_eq!(large.len(), 1, "{text}");
    assert_eq!(large[0].matches("sum [1, 600, 16]").count(), 3, "{text}");
}

#[test]
fn a_loop_joins_no_sibling_that_it_waits_for() {
    let graph = graph(|b| {
        let x = b.input("x", [600, 16]);
        let mean = x.sum_axes(&[0]) / 600.0;
        (x - mean).power(2.0).sum_axes(&[0]).named("y");
    });
    let text = after("fuse", &graph);
    assert_eq!(text.matches("loop 9600").count(), 2, "{text}");
}

#[test]
fn a_block_goes_into_its_border_of_zeros_at_once() {
    let graph = graph(|b| {
        b.input("x", [3, 4, 5]).pad(&[0, 1, 2], &[0, 1, 0]).named("y");
    });
    let text = after("emit", &graph);
    assert!(text.contains("pad 126") && !text.contains("clear") && !text.contains("copy"), "{text}");
}

#[test]
fn elements_that_lie_across_are_copied_in_blocks() {
    let graph = graph(|b| {
        let (x, w) = (b.input("x", [6, 20, 9]), b.input("w", [6 * 20, 4]));
        x.transpose_axes(&[2, 1, 0]).reshape([9, 20 * 6]).matmul(w).named("y");
    });
    let text = after("emit", &graph);
    assert!(text.contains("copy 1080"), "{text}");
}

#[test]
fn what_follows_a_convolution_keeps_its_channels_last() {
    let builder = Builder::new();
    let x = builder.input("x", [3, 8, 8]);
    let weights = |name, shape: &[usize]| builder.parameter(name, shape, Initializer::Constant(0.1));
    let h = x.convolution(weights("V", &[8, 3, 3, 3]), &Convolution::default()).relu();
    builder.objective(h.convolution(weights("W", &[2, 8, 3, 3]), &Convolution::default().padding(1)).sum());
    let function = batch(&builder.finish().unwrap(), 5).unwrap();
    let options = Options { outputs: function.objective.into_iter().collect(), ..Options::default() };
    let text = passes(&function.graph, &options).unwrap().pop().unwrap().1;
    // Patches of 3 rows, each of 3 times 8 channels in a run, of pictures of 8 × 8
    assert!(text.contains("[5·512, 6·64, 6·8, 3·64, 24·1]"), "{text}");
}

#[test]
fn a_convolution_and_the_gradient_of_its_weights_multiply_windows_where_they_lie() {
    let builder = Builder::new();
    let x = builder.input("x", [2, 8, 9]);
    let w = builder.parameter("W", &[4, 2, 3, 3][..], Initializer::Constant(0.1));
    builder.objective(x.convolution(w, &Convolution::default()).power(2.0).sum());
    let function = batch(&builder.finish().unwrap(), 5).unwrap();
    let objective = function.objective.unwrap();
    let (graph, gradients) = grad(&function.graph, objective, &[function.parameters[0].node]).unwrap();
    let options = Options { outputs: vec![objective, gradients[0]], ..Options::default() };
    let stages = passes(&graph, &options).unwrap();
    let select = &stages.iter().find(|(name, _)| *name == "select").unwrap().1;
    assert!(select.contains("windows 210×4×18: ") && select.contains("windows 18×4×210: "), "{select}");
    let emit = &stages.last().unwrap().1;
    assert!(emit.contains("windows 210×4×18  ") && emit.contains("windows 18×4×210  "), "{emit}");
    assert!(!emit.contains("gemm"), "{emit}");
}

#[test]
fn where_channels_are_few_examples_lie_innermost() {
    let builder = Builder::new();
    let x = builder.input("x", [1, 8, 8]);
    let weights = |name, shape: &[usize]| builder.parameter(name, shape, Initializer::Constant(0.1));
    let (v, w) = (weights("V", &[3, 1, 3, 3]), weights("W", &[1, 3, 3, 3]));
    let h = x.convolution(v, &Convolution::default().padding(1)).relu();
    builder.objective(h.convolution(w, &Convolution::default()).power(2.0).sum());
    let function = batch(&builder.finish().unwrap(), 16).unwrap();
    let objective = function.objective.unwrap();
    let parameters: Vec<_> = function.parameters.iter().map(|parameter| parameter.node).collect();
    let (graph, gradients) = grad(&function.graph, objective, &parameters).unwrap();
    let options = Options { outputs: [objective].into_iter().chain(gradients).collect(), ..Options::default() };
    let text = passes(&graph, &options).unwrap().pop().unwrap().1;
    // Both convolutions, both gradients of weights, that of what the second reads
    for product in ["1024×3×9", "576×1×27", "27×1×576", "9×3×1024"] {
        assert!(text.contains(&format!("windows {product} ")), "{product}: {text}");
    }
    assert_eq!(text.matches("windows 1024×3×9 ").count(), 2, "{text}");
    assert!(!text.contains("gemm") && !text.contains("fold"), "{text}");
    // The border is written with the examples innermost; nothing else is brought into another order.
    assert!(text.contains("copy 1024 "), "{text}");
}

#[test]
fn a_depthwise_convolution_and_what_follows_keep_the_examples_innermost() {
    let builder = Builder::new();
    let x = builder.input("x", [16, 8, 8]);
    let weights = |name, shape: &[usize]| builder.parameter(name, shape, Initializer::Constant(0.1));
    let deep = Convolution::default().padding(1).stride(2).groups(16);
    let h = x.convolution(weights("U", &[16, 16, 1, 1]), &Convolution::default());
    let h = h.convolution(weights("V", &[16, 1, 3, 3]), &deep).relu();
    let h = h.convolution(weights("W", &[32, 16, 1, 1]), &Convolution::default());
    builder.objective(h.power(2.0).sum());
    let function = batch(&builder.finish().unwrap(), 16).unwrap();
    let objective = function.objective.unwrap();
    let parameters: Vec<_> = function.parameters.iter().map(|parameter| parameter.node).collect();
    let (graph, gradients) = grad(&function.graph, objective, &parameters).unwrap();
    let options = Options { outputs: [objective].into_iter().chain(gradients).collect(), ..Options::default() };
    let text = passes(&graph, &options).unwrap().pop().unwrap().1;
    // Forward, weights, and what it reads, whose places are gathered though they are 2 apart
    for product in ["256×1×9, 16 times", "9×1×256, 16 times", "1600×1×9, 16 times"] {
        assert!(text.contains(&format!("windows {product} ")), "{product}: {text}");
    }
    assert!(!text.contains("fold"), "{text}");
    // Nothing but the input is brought into another order.
    assert!(text.matches("transpose").count() == 1 && text.contains(" = xᵀ"), "{text}");
}

#[test]
fn select_gathers_the_gradient_of_what_a_convolution_reads() {
    let builder = Builder::new();
    let x = builder.parameter("x", &[8, 9, 9][..], Initializer::Constant(0.1));
    let w = builder.parameter("W", &[4, 8, 3, 3][..], Initializer::Constant(0.1));
    builder.objective(x.convolution(w, &Convolution::default().padding(1)).power(2.0).sum());
    let function = builder.finish().unwrap();
    let gradient = grad(&function.graph, function.objective.unwrap(), &[function.parameters[0].node]);
    let (graph, gradients) = gradient.unwrap();
    let stages = passes(&graph, &Options { outputs: gradients, ..Options::default() }).unwrap();
    let simple = &stages.iter().find(|(name, _)| *name == "simplify").unwrap().1;
    assert!(simple.contains("fold("), "{simple}");
    let select = &stages.iter().find(|(name, _)| *name == "select").unwrap().1;
    assert!(select.contains("windows 81×8×36: ") && !select.contains("fold"), "{select}");
}

#[test]
fn a_pool_compares_windows_where_they_lie_and_so_does_its_gradient() {
    let builder = Builder::new();
    let x = builder.input("x", [2, 6, 9]);
    let w = builder.parameter("W", &[2, 6, 9][..], Initializer::Constant(0.1));
    builder.objective((x * w).max_pool(&Pool::new(vec![2, 3])).power(2.0).sum());
    let function = batch(&builder.finish().unwrap(), 5).unwrap();
    let objective = function.objective.unwrap();
    let (graph, gradients) = grad(&function.graph, objective, &[function.parameters[0].node]).unwrap();
    let options = Options { outputs: vec![objective, gradients[0]], ..Options::default() };
    let stages = passes(&graph, &options).unwrap();
    let simple = &stages.iter().find(|(name, _)| *name == "simplify").unwrap().1;
    assert!(simple.contains("scatter_add(argmax(") && simple.contains("fold("), "{simple}");
    let select = &stages.iter().find(|(name, _)| *name == "select").unwrap().1;
    assert!(select.contains("max of 90 windows of 6: ") && select.contains("fold of 90 windows of 6: "), "{select}");
    let emit = &stages.last().unwrap().1;
    assert!(emit.contains("max 90 of 6 ") && emit.contains("fold 90 of 6 "), "{emit}");
    assert!(!emit.contains("argmax") && !emit.contains("scatter") && emit.matches("loop 540").count() == 2, "{emit}");
}

#[test]
fn select_takes_transposes_by_stride() {
    let graph = graph(|b| {
        let (w, x) = (b.input("W", [2, 3]), b.input("x", [2]));
        w.transpose().matvec(x).named("y");
    });
    assert_eq!(lines(&after("select", &graph)), ["product 3×1×2: y = W[3·1, 2·3] x"]);
    assert!(after("emit", &graph).contains("gemv 3×2           y = Wᵀ x"));
}

#[test]
fn fuse_joins_a_chain_and_its_sum() {
    let graph = graph(|b| {
        let (x, c) = (b.input("x", [400]), b.input("c", [400]));
        (x + c).named("moved").tanh().named("h").sum().named("y");
    });
    let before = ["loop 400: moved = add(x, c)", "loop 400: h = tanh(moved)", "loop 400: y = sum [1, 400, 1](h)"];
    assert_eq!(lines(&after("select", &graph)), before);
    let joined = "loop 400: moved = add(x, c); h = tanh(moved); y = sum [1, 400, 1](h)";
    assert_eq!(lines(&after("fuse", &graph)), [joined]);
    assert!(after("emit", &graph).contains("y = sum(tanh(x + c))"));
}

#[test]
fn schedule_moves_an_update_behind_the_last_read_of_the_old_value() {
    let graph = graph(|b| {
        let (w, x) = (state(b, "w", &[3]), b.input("x", [3]));
        b.update(w, (w * x).named("next"));
        w.reverse(&[0]).named("y");
    });
    let (update, user) = ("loop 3: next = mul(w, x)", "assemble: y from w");
    assert_eq!(lines(&after("fuse", &graph)), [update, user]);
    assert_eq!(lines(&after("schedule", &graph)), [user, update, "in place: next overwrites w"]);
}

#[test]
fn memory_is_used_again_after_the_last_read() {
    let graph = graph(|b| {
        let w = b.input("W", [16, 16]);
        let mut h = b.input("x", [16]);
        for name in ["first", "second", "third", "y"] {
            h = w.matvec(h).named(name);
        }
    });
    let text = after("memory", &graph);
    let address = |name: &str| text.lines().find(|line| line.ends_with(name)).map(|line| line[..12].trim().to_string());
    assert_eq!(address("first"), address("third"), "{text}");
    assert_ne!(address("first"), address("second"), "{text}");
}

#[test]
fn emit_takes_the_kernel_that_fits() {
    let graph = graph(|b| {
        let (w, x) = (b.input("W", [3, 2]), b.input("x", [2]));
        let h = w.matvec(x).named("h");
        h.outer(x).matmul(w.transpose()).named("m").sum().named("y");
    });
    let text = after("emit", &graph);
    for kernel in ["gemv 3×2           h = W x", "gemm 3×3×2"] {
        assert!(text.contains(kernel), "{text}");
    }
}

#[test]
fn hoist_takes_what_no_step_changes_out_of_the_step() {
    let graph = graph(|b| {
        let (w, rate) = (state(b, "w", &[3]), b.input("rate", []));
        let decay = (1.0 - rate * 0.5).named("decay");
        b.update(w, w * decay);
        w.sum().named("y");
    });
    let text = after("hoist", &graph);
    assert!(text.starts_with("prologue  loop 1: ") && text.lines().next().unwrap().contains("decay = sub"), "{text}");
    assert_eq!(text.matches("prologue  ").count(), 1, "{text}");
    let text = after("emit", &graph);
    assert!(text.contains("prologue: decay = 1 - rate · 0.5") && text.contains("w = w · decay"), "{text}");
}

#[test]
fn what_depends_on_an_update_or_a_row_stays_in_the_step() {
    let graph = graph(|b| {
        let (count, x) = (state(b, "count", &[]), b.input("x", []));
        b.update(count, count + 1.0);
        (count.exp() * x.exp()).named("y");
    });
    let options = Options {
        outputs: graph.find("y").into_iter().collect(),
        streams: graph.find("x").map(|value| value.node).into_iter().collect(),
        ..Options::default()
    };
    for (pass, text) in passes(&graph, &options).unwrap() {
        assert!(!text.contains("prologue"), "{pass}: {text}");
    }
}

#[test]
fn emit_turns_a_matrix_that_is_wanted_by_columns() {
    let graph = graph(|b| {
        b.input("W", [2, 3]).transpose().reshape([6]).named("y");
    });
    assert!(after("emit", &graph).contains("transpose 2×3      y = Wᵀ"), "{}", after("emit", &graph));
}

#[test]
fn what_is_stored_backwards_is_read_by_its_name() {
    let graph = graph(|b| {
        let turned = b.input("x", [16]).reverse(&[0]).named("turned");
        b.input("W", [16, 16]).matvec(turned).named("y");
    });
    let text = after("emit", &graph);
    assert!(text.contains("turned+15 = x") && text.contains("y = W turned"), "{text}");
}

#[test]
fn emit_makes_one_pass_of_two_dots_that_share_an_operand() {
    let graph = graph(|b| {
        let (w, x) = (b.input("w", [40]), b.input("x", [40]));
        (w.dot(x) + w.dot(w).named("size") * w.dot(w.slice(&[1], &[40]).pad(&[0], &[1]))).named("y");
    });
    let text = after("emit", &graph);
    assert_eq!(text.matches("two dots 40").count(), 1, "{text}");
    assert!(text.contains("size = w · w"), "{text}");
}

#[test]
fn emit_takes_few_rows_one_by_one() {
    let graph = graph(|b| {
        b.input("X", [2, 40]).matmul(b.input("W", [40, 30])).named("y");
    });
    let text = after("emit", &graph);
    assert!(text.matches("gemv 30×40").count() == 2 && !text.contains("gemm"), "{text}");
    assert!(text.contains("y = Wᵀ X") && text.contains("y+30 = "), "{text}");
}

#[test]
fn a_line_end_in_a_name_breaks_no_line() {
    let graph = graph(|b| {
        let (w, x) = (state(b, "w\nw", &[3]), b.input("x\u{2028}x", [3]));
        let product = (w * x).named("h\th");
        product.sum().named("y");
        b.update(w, w - product);
    });
    for pass in ["select", "fuse", "memory", "emit"] {
        let text = after(pass, &graph);
        assert!(!text.contains("w\nw") && !text.contains(['\u{2028}', '\t']), "{pass}: {text}");
        assert!(text.contains(r"w\nw"), "{pass}: {text}");
    }
}
