//! What a check found: for every node its edges and its accumulation, for every input the whole; and what is wrong.

use std::fmt;

use chainrule_exec::{DroppedSlope, number};
use chainrule_graph::NodeId;

use crate::compare::{Comparison, Tally};
use crate::tolerance::TOLERANCE;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// How many draws of the values were tested.
    pub draws: usize,
    /// How many rules were tested at one of them alone, since their op takes long.
    pub at_one_draw: usize,
    /// The nodes with a derivative, in the order of the graph.
    pub nodes: Vec<NodeReport>,
    /// The whole along random directions, for each input and parameter.
    pub directions: Vec<DirectionReport>,
    /// What is wrong: rules and accumulations, and if none of these, what else.
    pub failures: Vec<Failure>,
    /// The bodies of loops, each checked as a function of its own, at values of its steps.
    pub loops: Vec<LoopReport>,
    /// A slope that is not finite and was left out at some draw, though no branch or mask did it.
    pub dropped_slope: Option<DroppedSlope>,
    /// Second derivatives, checked in the same way.
    pub second: Option<Second>,
}

/// What a check found in the body of a loop.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopReport {
    /// The loop.
    pub node: NodeId,
    /// Its name, or its scope and its index in the graph.
    pub name: String,
    /// What was found; its nodes are those of the body's graph.
    pub report: Report,
}

/// What a check of second derivatives found.
#[derive(Clone, Debug, PartialEq)]
pub enum Second {
    /// The check of the gradient's derivatives, the graph of uᵀH.
    Checked {
        /// What it found.
        report: Box<Report>,
        /// uᵀHv beside vᵀHu.
        symmetry: Comparison,
    },
    /// There are none, and why.
    Absent(String),
}

/// What a check found at one node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeReport {
    /// The node.
    pub node: NodeId,
    /// Its name, or its scope and its index in the graph.
    pub name: String,
    /// What it computes.
    pub op: String,
    /// Its shape.
    pub shape: String,
    /// The scope it belongs to.
    pub scope: Option<String>,
    /// Where it was written.
    pub origin: String,
    /// The contributions of its rule to its inputs.
    pub edges: Vec<EdgeReport>,
    /// The worst relative error of its cotangent against the sum of the contributions to it.
    pub accumulation: f64,
    /// What all of it amounts to.
    pub verdict: Verdict,
}

/// What the tests of one contribution said.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeReport {
    /// The operand's index.
    pub operand: usize,
    /// How a message calls that operand.
    pub input: String,
    /// The tests.
    pub tally: Tally,
}

/// What the tests of the whole said for one input or parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectionReport {
    /// The input node.
    pub node: NodeId,
    /// How a message calls it.
    pub name: String,
    /// The tests.
    pub tally: Tally,
}

/// What the tests of a node amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// All is right.
    Right,
    /// Some contribution was zero at every draw, by its rule and by differences, as that to a branch that none took: so the
    /// rule was not tested.
    NotTested,
    /// All is right, as far as a kink can tell: no draw led away from it.
    Kink,
    /// The differences are too noisy to tell.
    Undecided,
    /// Something is wrong.
    Wrong,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Right => "right",
            Verdict::NotTested => "not tested",
            Verdict::Kink => "kink",
            Verdict::Undecided => "undecided",
            Verdict::Wrong => "WRONG",
        })
    }
}

/// Who is to blame.
#[derive(Clone, Debug, PartialEq)]
pub enum Blame {
    /// The rule of a node: its contribution to an input.
    Rule {
        /// The node.
        node: NodeId,
        /// The operand's index.
        operand: usize,
        /// How a message calls that operand.
        input: String,
        /// The indices of the operand's element, if one is to blame.
        element: Option<Vec<usize>>,
    },
    /// The sum of the contributions to a node.
    Accumulation {
        /// The node.
        node: NodeId,
        /// The indices of its element.
        element: Vec<usize>,
    },
    /// No rule or accumulation was found wrong, but the whole is. Where a node is at a kink at every draw, no rule can be.
    Whole {
        /// The input along which the derivative is wrong.
        node: NodeId,
    },
    /// Too many tests could not tell.
    Undecided {
        /// How many of the tests, in percent.
        percent: f64,
    },
    /// The second derivatives are not symmetric.
    Symmetry,
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Who is to blame.
    pub blame: Blame,
    /// How a message calls the node, with its op; for undecided tests, the nodes where they were made.
    pub name: String,
    /// Where it was written.
    pub origin: String,
    /// Both values: by the formula and by differences, or the cotangent and the sum of the contributions.
    pub comparison: Option<Comparison>,
}

impl Report {
    /// Whether nothing is wrong, second derivatives included.
    pub fn passed(&self) -> bool {
        self.all_failures().next().is_none()
    }

    /// All that is wrong, in the bodies of loops and in second derivatives, too.
    pub fn all_failures(&self) -> impl Iterator<Item = &Failure> {
        let mut failures: Vec<&Failure> = Vec::new();
        let mut todo = vec![self];
        while let Some(report) = todo.pop() {
            failures.extend(&report.failures);
            if let Some(Second::Checked { report, .. }) = &report.second {
                todo.push(report);
            }
            todo.extend(report.loops.iter().rev().map(|found| &found.report));
        }
        failures.into_iter()
    }

    /// Changes all that is wrong, in the bodies of loops, too.
    pub(crate) fn for_each_failure(&mut self, change: &mut dyn FnMut(&mut Failure)) {
        self.failures.iter_mut().for_each(&mut *change);
        self.loops.iter_mut().for_each(|found| found.report.for_each_failure(change));
    }

    /// A line for each node, and after a loop one for each node of its body.
    pub fn all_nodes(&self) -> Vec<&NodeReport> {
        let of_body = |node: &NodeReport| self.loops.iter().find(|found| found.node == node.node);
        let with_body = |node| {
            let body = of_body(node).map_or_else(Vec::new, |found| found.report.all_nodes());
            std::iter::once(node).chain(body)
        };
        self.nodes.iter().flat_map(with_body).collect()
    }

    /// How many rules were tested at one draw alone, those in the bodies of loops included.
    pub fn all_at_one_draw(&self) -> usize {
        self.at_one_draw + self.loops.iter().map(|found| found.report.all_at_one_draw()).sum::<usize>()
    }

    /// The worst relative error of any test, second derivatives left out.
    pub fn worst(&self) -> f64 {
        let nodes = self.all_nodes().into_iter().map(NodeReport::worst);
        nodes.chain(self.directions.iter().map(|direction| direction.tally.worst)).fold(0.0, f64::max)
    }
}

impl NodeReport {
    /// The worst relative error of its edges and its accumulation.
    pub fn worst(&self) -> f64 {
        self.edges.iter().map(|edge| edge.tally.worst).fold(self.accumulation, f64::max)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { blame, name, origin, comparison } = self;
        let (by, instead) = match blame {
            Blame::Rule { input, element, .. } => {
                write!(f, "the rule of {name} gives a wrong contribution to {input}")?;
                write_element(f, element.as_deref())?;
                ("by formula", "by differences")
            }
            Blame::Accumulation { element, .. } => {
                write!(f, "the contributions to {name} do not add up to its cotangent")?;
                write_element(f, Some(element))?;
                ("cotangent", "sum of contributions")
            }
            Blame::Whole { .. } => {
                write!(f, "the derivative with respect to {name} is wrong, though no rule on the way was found wrong")?;
                ("by formula", "by differences")
            }
            Blame::Undecided { percent } => {
                write!(f, "{percent:.0} % of the tests could not tell: {name}")?;
                ("", "")
            }
            Blame::Symmetry => {
                write!(f, "the second derivatives of {name} are not symmetric")?;
                ("uᵀHv", "vᵀHu")
            }
        };
        if let Some(comparison) = comparison {
            let width = by.chars().count().max(instead.chars().count()).max("relative error".len());
            write!(f, "\n  {by:width$}  {}", number(comparison.formula))?;
            write!(f, "\n  {instead:width$}  {}", number(comparison.expected))?;
            write!(f, "\n  {:width$}  {}", "relative error", error(comparison.relative_error()))?;
            write!(f, "\n  {:width$}  {origin}", "written at")?;
        }
        Ok(())
    }
}

fn write_element(f: &mut fmt::Formatter<'_>, element: Option<&[usize]>) -> fmt::Result {
    match element {
        None | Some([]) => Ok(()),
        Some(element) => write!(f, ", element {element:?}"),
    }
}

/// A line for each node, then one for each input, then what is wrong.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node_lines = self.all_nodes().into_iter().map(|node| {
            [node.name.clone(), node.op.clone(), node.shape.clone(), error(node.worst()), node.verdict.to_string()]
        });
        write_table(f, ["node", "op", "shape", "worst error", "verdict"], node_lines.collect())?;
        let in_loops = self.loops.iter().flat_map(|found| found.report.all_failures());
        for failure in self.failures.iter().chain(in_loops) {
            write!(f, "\n\n{failure}")?;
        }
        match &self.second {
            Some(Second::Checked { report, symmetry }) if report.passed() => {
                let worst = report.worst().max(symmetry.error_beside_noise(TOLERANCE));
                write!(f, "\n\nsecond derivatives: right, worst error {}", error(worst))
            }
            Some(Second::Checked { report, .. }) => {
                f.write_str("\n\nsecond derivatives")?;
                report.all_failures().try_for_each(|failure| write!(f, "\n\n{failure}"))
            }
            Some(Second::Absent(why)) => write!(f, "\n\nno second derivatives: {why}"),
            None => Ok(()),
        }
    }
}

/// Columns as wide as their widest cell.
fn write_table<const N: usize>(f: &mut fmt::Formatter<'_>, head: [&str; N], lines: Vec<[String; N]>) -> fmt::Result {
    let widest = |column: usize| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or(0).max(head[column].chars().count())
    };
    let widths: [usize; N] = std::array::from_fn(widest);
    let head = head.map(str::to_string);
    for (row, line) in std::iter::once(&head).chain(&lines).enumerate() {
        if row > 0 {
            f.write_str("\n")?;
        }
        let cells = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        f.write_str(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// An error, to two digits.
fn error(x: f64) -> String {
    if x == 0.0 { "0".into() } else { format!("{x:.1e}") }
}
