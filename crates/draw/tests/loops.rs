//! A loop is drawn by one step of its body, in a frame that is called like the loop.

use chainrule_draw::{Drawing, Frame, Mark, Part};
use chainrule_graph::{Function, differentiate, text};

const CELL: &str = "def cell(h, x) {\n  param w [3] = 1\n  z = w * h + x\n  return tanh(z)\n}\n";

fn function(source: &str) -> Function {
    let model = text::parse(source).unwrap_or_else(|mistake| panic!("{}", mistake.render(source, "test", false)));
    model.build(&Default::default()).expect("it has no free sizes")
}

/// The boxes: name, text, part and frame.
fn boxes(drawing: &Drawing) -> Vec<(String, String, Part, Frame)> {
    let of = |mark: Mark<'_>| match mark {
        Mark::Box { name, text, part, frame, .. } => Some((name.to_string(), text.to_string(), part, frame)),
        Mark::Frame { .. } | Mark::Line { .. } => None,
    };
    drawing.marks().filter_map(of).collect()
}

/// The frame of that title.
fn frame(drawing: &Drawing, wanted: &str) -> Frame {
    let titled = |mark: Mark<'_>| match mark {
        Mark::Frame { frame, title, .. } if title == wanted => Some(frame),
        _ => None,
    };
    drawing.marks().find_map(titled).unwrap_or_else(|| {
        let titles = drawing.marks().filter_map(|mark| match mark {
            Mark::Frame { title, .. } => Some(title.to_string()),
            _ => None,
        });
        panic!("no {wanted} among {:?}", titles.collect::<Vec<_>>())
    })
}

/// What stands in the boxes of the frame of that title.
fn inside(drawing: &Drawing, title: &str) -> Vec<String> {
    let Frame { corner, width, height } = frame(drawing, title);
    let is_in = |frame: &Frame| {
        let (x, y) = (frame.corner.x - corner.x, frame.corner.y - corner.y);
        (0.0..width).contains(&x) && (0.0..height).contains(&y)
    };
    let within = boxes(drawing).into_iter().filter(|(.., frame)| is_in(frame));
    within.map(|(name, text, ..)| format!("{name} {text}").trim_start().to_string()).collect()
}

#[test]
fn a_step_of_the_body_stands_in_the_frame_of_the_loop() {
    let source = format!("input xs [4, 3]\n{CELL}hs = scan(cell, zeros([3]), xs)\nobjective = sum(last(hs))\n");
    let drawing = Drawing::new(&function(&source));
    let inside = inside(&drawing, "hs: 4 steps");
    for shown in [
        "carry from 0 [3]",
        "of each step [3]",
        "w param [3]",
        "z + [3]",
        "tanh [3]",
        "next carry [3]",
        "hs scan [4, 3]",
    ] {
        assert!(inside.iter().any(|label| label == shown), "no {shown} in {inside:?}");
    }
    let titles = drawing.marks().filter_map(|mark| match mark {
        Mark::Frame { title, .. } => Some(title.to_string()),
        _ => None,
    });
    assert_eq!(titles.collect::<Vec<_>>(), ["hs: 4 steps", "cell"], "no frame is empty");
    assert!(!inside.iter().any(|label| label.starts_with("xs") || label.starts_with("objective")), "{inside:?}");
    assert_eq!(boxes(&drawing).iter().filter(|(name, ..)| name == "hs").count(), 1);
}

#[test]
fn carries_are_told_apart_and_loops_nest() {
    let source = "input xs [4, 3]\n\
                  def inner(g, x) {\n  return g + x\n}\n\
                  def cell(h, c, x) {\n  d = last(scan(inner, c, x))\n  return h + d, c\n}\n\
                  hs, cs = scan(cell, (0, 1), xs, reverse=true)\nobjective = sum(hs) + sum(cs)\n";
    let drawing = Drawing::new(&function(source));
    let outer = inside(&drawing, "hs: 4 steps from the end");
    for shown in ["carry hs from 0", "carry cs from 1", "next carry hs", "next carry cs", "hs, cs scan [4] [4]"] {
        assert!(outer.iter().any(|label| label == shown), "no {shown} in {outer:?}");
    }
    let within = inside(&drawing, "loop: 3 steps");
    assert!(within.iter().all(|label| outer.contains(label)) && within.len() > 3, "{within:?}");
}

#[test]
fn the_loop_of_a_derivative_is_of_that_colour() {
    let source = format!("input xs [4, 3]\n{CELL}hs = scan(cell, zeros([3]), xs)\nobjective = sum(last(hs))\n");
    let one = function(&source);
    let parameters: Vec<_> = one.parameters.iter().map(|parameter| parameter.node).collect();
    let derivatives = differentiate(&one.graph, one.objective.expect("it has one"), &parameters).expect("it has");
    let drawing = Drawing::new(&Function { graph: derivatives.graph, ..one });
    let of_derivative = |label: &str| {
        boxes(&drawing).iter().any(|(_, text, part, _)| *part == Part::Derivative && text.starts_with(label))
    };
    assert!(of_derivative("next carry") && of_derivative("of each step") && of_derivative("scan"));
}
