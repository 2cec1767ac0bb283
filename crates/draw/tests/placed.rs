//! Where things stand: boxes beside each other, in their frames, and no line through a box that it does not begin or end at.

use std::collections::BTreeMap;

use chainrule_draw::{
    Diagram, DiagramBox, DiagramGroup, DiagramLine, Drawing, Frame, Mark, Part, Placed, Point, place,
};
use chainrule_graph::{differentiate, text};

/// A generator of whole numbers (Knuth's MMIX), good enough to make diagrams.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end
    }
}

/// Boxes in nested groups, each reading one or two of those before it.
fn diagram(boxes: usize, groups: usize, seed: u64) -> Diagram {
    let mut numbers = Numbers(seed);
    let mut diagram = Diagram::default();
    for group in 0..groups {
        let parent = numbers.below(group + 2).checked_sub(2).or(None);
        diagram.groups.push(DiagramGroup { parent, width: 60.0 });
    }
    for index in 0..boxes {
        // Neighbours are often of one group, as the nodes of a scope are.
        let group = (index / 4 + numbers.below(3)) % (groups + 1);
        let (width, height) = (40.0 + numbers.below(90) as f64, 24.0 + numbers.below(2) as f64 * 15.0);
        diagram.boxes.push(DiagramBox { group: group.checked_sub(1), width, height, any_order: index % 3 == 0 });
        for _ in 0..numbers.below(3).min(index) {
            let from = index - 1 - numbers.below(index.min(12));
            diagram.lines.push(DiagramLine { from, to: index, value: from });
        }
    }
    diagram
}

fn frame(diagram: &Diagram, placed: &Placed, index: usize) -> Frame {
    let DiagramBox { width, height, .. } = diagram.boxes[index];
    Frame { corner: placed.boxes[index], width, height }
}

fn overlap(a: Frame, b: Frame) -> bool {
    let apart = |a: f64, width: f64, b: f64, other: f64| a + width <= b + 0.01 || b + other <= a + 0.01;
    !apart(a.corner.x, a.width, b.corner.x, b.width) && !apart(a.corner.y, a.height, b.corner.y, b.height)
}

fn holds(outer: Frame, inner: Frame) -> bool {
    let within = |a: f64, width: f64, b: f64, other: f64| a <= b + 0.01 && b + other <= a + width + 0.01;
    within(outer.corner.x, outer.width, inner.corner.x, inner.width)
        && within(outer.corner.y, outer.height, inner.corner.y, inner.height)
}

/// The groups around a box.
fn around(diagram: &Diagram, index: usize) -> Vec<usize> {
    std::iter::successors(diagram.boxes[index].group, |&group| diagram.groups[group].parent).collect()
}

fn assert_is_sound(diagram: &Diagram, placed: &Placed) {
    let whole = Frame { corner: Point::default(), width: placed.size.x, height: placed.size.y };
    for index in 0..diagram.boxes.len() {
        let own = frame(diagram, placed, index);
        assert!(holds(whole, own), "box {index} is outside: {own:?} of {whole:?}");
        for other in 0..index {
            assert!(!overlap(own, frame(diagram, placed, other)), "boxes {other} and {index} overlap");
        }
        let groups = around(diagram, index);
        for (group, &of_group) in placed.groups.iter().enumerate() {
            match groups.contains(&group) {
                true => assert!(holds(of_group, own), "box {index} is not in its group {group}"),
                false => assert!(!overlap(of_group, own), "box {index} is in group {group}, which is not its own"),
            }
        }
    }
    for (line, way) in diagram.lines.iter().zip(&placed.lines) {
        let (from, to) = (frame(diagram, placed, line.from), frame(diagram, placed, line.to));
        let (first, last) = (way[0], way[way.len() - 1]);
        assert!((first.y - from.corner.y - from.height).abs() < 0.01, "a line begins at the lower edge: {way:?}");
        assert!((last.y - to.corner.y).abs() < 0.01, "a line ends at the upper edge: {way:?}");
        assert!(first.x >= from.corner.x && first.x <= from.corner.x + from.width, "{way:?}");
        assert!(last.x >= to.corner.x && last.x <= to.corner.x + to.width, "{way:?}");
    }
}

/// How many times a line passes through a box that is neither of its ends: its upright stretches, and the corners of the others.
fn passed(diagram: &Diagram, placed: &Placed) -> usize {
    let mut count = 0;
    for (line, way) in diagram.lines.iter().zip(&placed.lines) {
        for pair in way.windows(2).filter(|pair| (pair[0].x - pair[1].x).abs() < 0.05) {
            let (top, bottom) = (pair[0].y.min(pair[1].y), pair[0].y.max(pair[1].y));
            let corner = Point { x: pair[0].x, y: top };
            let stretch = Frame { corner, width: 0.02, height: bottom - top };
            let others = (0..diagram.boxes.len()).filter(|&index| index != line.from && index != line.to);
            count += others.filter(|&index| overlap(frame(diagram, placed, index), stretch)).count();
        }
    }
    count
}

#[test]
fn boxes_stand_apart_in_their_frames_and_lines_beside_them() {
    for seed in 0..30 {
        let diagram = diagram(20 + 5 * seed as usize, seed as usize % 7, seed);
        let placed = place(&diagram);
        assert_is_sound(&diagram, &placed);
        assert_eq!(placed.lines, place(&diagram).lines, "the same diagram is placed the same");
    }
}

/// Without groups no line goes upwards, and none crosses a box.
#[test]
fn lines_of_a_flat_diagram_go_down_beside_the_boxes() {
    for seed in 0..20 {
        let diagram = diagram(60, 0, seed);
        let placed = place(&diagram);
        assert_is_sound(&diagram, &placed);
        assert_eq!(passed(&diagram, &placed), 0, "seed {seed}");
        for way in &placed.lines {
            assert!(way.windows(2).all(|pair| pair[0].y <= pair[1].y + 0.01), "{way:?}");
        }
    }
}

#[test]
fn two_rows_that_can_do_without_crossings_have_none() {
    // Each box of the second row reads the one that stands across.
    let boxes = (0..8).map(|_| DiagramBox { group: None, width: 40.0, height: 24.0, any_order: false }).collect();
    let line = |(from, to)| DiagramLine { from, to, value: from };
    let lines = [(0, 7), (1, 6), (2, 5), (3, 4)].map(line).to_vec();
    let placed = place(&Diagram { boxes, groups: Vec::new(), lines });
    for way in &placed.lines {
        assert!((way[0].x - way[way.len() - 1].x).abs() < 0.01, "it is straight: {way:?}");
    }
}

#[test]
fn nothing_at_all_is_drawn_too() {
    assert!(place(&Diagram::default()).boxes.is_empty());
    let function = text::parse("objective = 3\n").unwrap().build(&BTreeMap::new()).unwrap();
    assert!(Drawing::new(&function).svg().contains(">objective<"));
}

const MODEL: &str = "\
input   x [4]
outcome y []
param   W [3, 4] ~ normal(0, 1)
param   w [3]    ~ normal(0, 1)
h          = tanh(affine(W, x, w))
prediction = 2 * dot(w, h) + 1
objective  = (prediction - y)^2
";

#[test]
fn a_drawing_says_names_ops_and_shapes_in_the_colours_of_parts() {
    let mut function = text::parse(MODEL).unwrap().build(&BTreeMap::new()).unwrap();
    let svg = Drawing::new(&function).svg();
    for words in [">x<", "input [4]", "param [3, 4]", ">tanh [3]<", ">2 ·<", ">+ 1<", ">^2<", ">h/affine<"] {
        assert!(svg.contains(words), "{words} is missing in {svg}");
    }
    assert!(!svg.contains("box derivative") && svg.contains("prefers-color-scheme: dark"));
    let wrt: Vec<_> = function.parameters.iter().map(|parameter| parameter.node).collect();
    function.graph = differentiate(&function.graph, function.objective.unwrap(), &wrt).unwrap().graph;
    let svg = Drawing::new(&function).svg();
    assert!(svg.contains("box derivative") && svg.contains("d objective / d W"), "{svg}");
}

/// Fifty blocks of three nodes: too many to show, all alike; the first shows what is in them.
#[test]
fn scopes_that_are_alike_fold_into_one() {
    let mut source = String::from("input x [4]\nb0 = x\n");
    for block in 1..=50 {
        let before = block - 1;
        source += &format!(
            "scope block{block} {{\n  u{block} = tanh(b{before})\n  v{block} = exp(u{block})\n  w{block} = sin(v{block})\n}}\n\
             b{block} = w{block} + b{before}\n"
        );
    }
    source += "objective = sum(b50)\n";
    let function = text::parse(&source).unwrap().build(&BTreeMap::new()).unwrap();
    let svg = Drawing::new(&function).svg();
    assert!(svg.contains("block × 49") && svg.contains("3 nodes") && svg.contains(">block1<"), "{svg}");
    assert!(svg.matches("<rect").count() < 160);
}

/// A group whose boxes read values from above has its title where none of their lines goes through it.
#[test]
fn no_line_goes_through_a_title() {
    const LETTERS: f64 = 20.0; // less than the width of a group by so much
    for seed in 0..30 {
        let mut diagram = diagram(20 + 5 * seed as usize, 1 + seed as usize % 7, seed);
        diagram.groups.iter_mut().for_each(|group| group.width = 150.0);
        let placed = place(&diagram);
        assert_is_sound(&diagram, &placed);
        for ((group, &title), shown) in placed.groups.iter().zip(&placed.titles).zip(&diagram.groups) {
            let strip = Frame {
                corner: Point { x: title, y: group.corner.y + 3.0 },
                width: shown.width - LETTERS,
                height: 12.0,
            };
            assert!(holds(*group, strip), "a title is outside its frame: {strip:?} of {group:?}");
            for way in &placed.lines {
                for pair in way.windows(2).filter(|pair| (pair[0].x - pair[1].x).abs() < 0.05) {
                    let (top, bottom) = (pair[0].y.min(pair[1].y), pair[0].y.max(pair[1].y));
                    let is_of_frame = (top - group.corner.y).abs() < 0.05;
                    let stretch = Frame { corner: Point { x: pair[0].x, y: top }, width: 0.02, height: bottom - top };
                    assert!(!is_of_frame || !overlap(strip, stretch), "seed {seed}: {way:?} goes through {strip:?}");
                }
            }
        }
    }
}

/// Where each box with a name stands: its middle.
fn middles(drawing: &Drawing) -> BTreeMap<String, f64> {
    let middle = |mark: Mark<'_>| match mark {
        Mark::Box { frame, name, .. } => Some((name.to_string(), frame.corner.x + frame.width / 2.0)),
        Mark::Frame { .. } | Mark::Line { .. } => None,
    };
    drawing.marks().filter_map(middle).collect()
}

fn drawn(source: &str) -> Drawing {
    Drawing::new(&text::parse(source).unwrap().build(&BTreeMap::new()).unwrap())
}

/// Two ways of one length stand left and right of where they begin and end.
#[test]
fn equally_long_paths_stand_on_both_sides() {
    let mut source = String::from("input x [4]\nh0 = x\n");
    for block in 1..=6 {
        let before = block - 1;
        source += &format!(
            "a{block} = tanh(h{before})\nb{block} = exp(a{block})\nc{block} = sin(h{before})\nd{block} = cos(c{block})\n\
             h{block} = b{block} + d{block}\n"
        );
    }
    let middles = middles(&drawn(&(source + "objective = sum(h6)\n")));
    for block in 1..=6 {
        let at = |name: &str| middles[&format!("{name}{block}")];
        assert!((at("h") - middles["x"]).abs() < 1.0, "{middles:?}");
        assert!(((at("a") + at("c")) / 2.0 - at("h")).abs() < 1.0, "{middles:?}");
    }
}

/// A value that is read far below goes there with no more turns than one at each end.
#[test]
fn long_lines_go_straight_down() {
    let mut source = String::from("input x [4]\nh0 = x\n");
    (1..=9).for_each(|row| source += &format!("h{row} = {}(h{})\n", ["tanh", "exp", "sin"][row % 3], row - 1));
    let drawing = drawn(&(source + "objective = sum(h9 * x * h1)\n"));
    for mark in drawing.marks() {
        if let Mark::Line { way, .. } = mark {
            let turns = way.windows(2).filter(|pair| (pair[0].x - pair[1].x).abs() > 0.05).count();
            assert!(turns <= 2, "{way:?}");
        }
    }
}

/// What another part of a larger gradient reads stands there again, by its name.
#[test]
fn a_gradient_reads_named_values_by_name() {
    let mut source = String::from("input x [4]\nh0 = x\n");
    for layer in 1..=3 {
        source += &format!("param W{layer} [4, 4] = 0\nh{layer} = tanh(W{layer} @ h{})\n", layer - 1);
    }
    let mut function = text::parse(&(source + "objective = sum(h3)\n")).unwrap().build(&BTreeMap::new()).unwrap();
    let wrt: Vec<_> = function.parameters.iter().map(|parameter| parameter.node).collect();
    function.graph = differentiate(&function.graph, function.objective.unwrap(), &wrt).unwrap().graph;
    let drawing = Drawing::new(&function);
    let references = |mark| match mark {
        Mark::Box { text, is_reference: true, .. } => Some(text.to_string()),
        _ => None,
    };
    let mut names: Vec<String> = drawing.marks().filter_map(references).collect();
    names.sort();
    assert_eq!(names, ["W2", "W3", "h1", "h2", "h3", "x"]);
    let titles =
        drawing.marks().filter_map(|mark| if let Mark::Frame { title, .. } = mark { Some(title) } else { None });
    assert_eq!(titles.collect::<Vec<_>>(), ["forward", "derivative"]);
}

/// Into a derivative of more boxes than can be looked over goes one line.
#[test]
fn a_closed_part_is_entered_once() {
    let mut source = String::from("input x [4]\nh0 = x\n");
    (1..=80).for_each(|layer| {
        source += &format!("param w{layer} [4] = 0\nh{layer} = tanh(w{layer} * h{})\n", layer - 1);
    });
    let mut function = text::parse(&(source + "objective = sum(h80)\n")).unwrap().build(&BTreeMap::new()).unwrap();
    let wrt: Vec<_> = function.parameters.iter().map(|parameter| parameter.node).collect();
    function.graph = differentiate(&function.graph, function.objective.unwrap(), &wrt).unwrap().graph;
    let drawing = Drawing::new(&function);
    let lines = drawing.marks().filter(|mark| matches!(mark, Mark::Line { part: Part::Derivative, .. }));
    assert_eq!(lines.count(), 1);
    assert!(drawing.svg().contains(">derivative<"));
}

#[test]
fn what_nobody_reads_is_left_out() {
    let svg = drawn("input x [4]\noutcome y [] int\np = log(softmax(x))\nobjective = -p[y]\n").svg();
    assert!(!svg.contains(">softmax [4]<") && svg.contains(">logsumexp<"), "{svg}");
}

/// The operands of a sum come in without crossing; those of a difference keep their order.
#[test]
fn operands_that_may_change_places_do_not_cross() {
    for (sign, any_order) in [("+", true), ("-", false)] {
        let drawing = drawn(&format!(
            "input a []\ninput b []\nu = tanh(a)\nv = exp(b)\nw = u * 2 + v * 3\nobjective = v {sign} u - w\n"
        ));
        let way = |from: &str| {
            let of = middles(&drawing)[from];
            let ways =
                drawing.marks().filter_map(|mark| if let Mark::Line { way, .. } = mark { Some(way) } else { None });
            ways.filter(|way| (way[0].x - of).abs() < 0.1).map(|way| way[way.len() - 1]).collect::<Vec<_>>()
        };
        let (u, v) = (way("u"), way("v"));
        let shared = u.iter().flat_map(|a| v.iter().map(move |b| (a, b)));
        let ends: Vec<bool> = shared
            .filter(|(a, b)| (a.y - b.y).abs() < 0.1 && (a.x - b.x).abs() < 40.0)
            .map(|(a, b)| a.x < b.x)
            .collect();
        let left_to_right = middles(&drawing)["u"] < middles(&drawing)["v"];
        assert!(!ends.is_empty());
        if any_order {
            assert!(ends.iter().all(|&same| same == left_to_right), "{ends:?}");
        } else {
            assert!(ends.contains(&false), "{ends:?}");
        }
    }
}

/// Blocks that add to what they were given stand under each other.
#[test]
fn a_chain_of_blocks_does_not_drift_aside() {
    let mut source = String::from("input x [4]\nh0 = x\n");
    for block in 1..=8 {
        let before = block - 1;
        source += &format!(
            "param A{block} [4, 4] = 0\nparam a{block} [4] = 0\nparam B{block} [4, 4] = 0\n\
             h{block} = h{before} + B{block} @ tanh(affine(A{block}, h{before}, a{block}))\n"
        );
    }
    source += "objective = sum(h8)\n";
    let function = text::parse(&source).unwrap().build(&BTreeMap::new()).unwrap();
    let drawing = Drawing::new(&function);
    let middle = |name: &str| {
        let found = drawing.marks().find_map(|mark| match mark {
            Mark::Box { frame, name: own, .. } if own == name => Some(frame.corner.x + frame.width / 2.0),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("{name} is not drawn"))
    };
    let (first, last) = (middle("h1"), middle("h8"));
    assert!((first - last).abs() < 60.0, "from {first} to {last}");
    assert!(drawing.size().x < 420.0, "{:?}", drawing.size());
}
