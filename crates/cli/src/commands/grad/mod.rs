//! `chainrule grad`: the value of an expression and its derivatives, node by node.

mod cells;
mod derivatives;
mod model;
mod values;

use std::path::PathBuf;

use clap::Args;

use chainrule::text::{self, Diagnostic, Expression};
use chainrule::{Kind, Shape, Tensor};

use crate::error::CommandError;
use crate::names::NodeNames;
use crate::options;
use crate::output::{StandardOutput, message};
use crate::{format, json};
use derivatives::{Answer, Problem, Question, answer};

/// The value of an expression, of each node in it, and the derivative of the result with respect to each
#[derive(Args)]
#[command(after_help = EXAMPLES, disable_help_flag = true)]
pub struct Grad {
    /// An expression in the text form, whose names are free; it may begin with `-`. Or a file with a model: MODEL.graph, or
    /// M.safetensors that fit saved
    #[arg(value_name = "EXPR|MODEL", allow_hyphen_values = true)]
    expression: String,

    /// A value for each name: a number, a JSON array, or 1,2,3 for short
    #[arg(value_name = "NAME=VALUE")]
    values: Vec<String>,

    /// 2 adds the second derivatives: for each name its own Hessian block
    #[arg(long, value_name = "1|2", default_value = "1", value_parser = options::order, allow_hyphen_values = true)]
    order: u8,

    /// Prints one line of JSON; a number that is not finite is null
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    example: model::ExampleOptions,

    /// Prints help (as does -h alone)
    // A short flag would take `-h*2` for itself.
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

const EXAMPLES: &str = "\
Examples:
  chainrule grad 'x^2 * exp(x)' x=2
  chainrule grad -x^2 x=3 --order 2
  chainrule grad 'sum((W @ x + b)^2)' 'W=[[1,-2],[0.5,3]]' x=1,2 b=1,-2 --json
  chainrule grad 'nll(softmax(z), y)' z=1,2,-1 y=0
  chainrule grad model.graph x=1,2 y=3
  chainrule grad model.safetensors --data t.csv --row 7
  chainrule grad model.safetensors age=41 city=Paris income=3000

With --json: {\"value\":…,\"gradient\":{\"x\":…},\"nodes\":[{\"name\",\"op\",\"shape\",\"value\",\"gradient\"}…]}, and with \
--order 2 also \"second\":{\"x\":…}. A node without a name is called by its source text.";

/// What messages call the expression.
const SOURCE: &str = "expression";

impl Grad {
    /// Evaluates the expression and its derivatives.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        if self.expression == "-h" && self.values.is_empty() {
            return help(output);
        }
        if model::is_model(&self.expression) {
            let path = PathBuf::from(&self.expression);
            let answer = self.example.answer(&path, &self.values, self.order)?;
            return print(answer, self.json, output);
        }
        let source = self.expression.as_str();
        let mistake = |diagnostic: Diagnostic| CommandError::in_text(&diagnostic, source, SOURCE);
        let expression = text::parse_expression(source).map_err(mistake)?;
        let values = self.read_values(&expression)?;
        let types: Vec<(String, Shape, Kind)> =
            values.iter().map(|(name, value, kind)| (name.clone(), value.shape().clone(), *kind)).collect();
        let (function, result) = expression.build(&types).map_err(mistake)?;
        let node = function.graph.node(result);
        let (shape, kind) = (function.graph.shape(result), function.graph.kind(result));
        if shape.rank() > 0 {
            let problem = format!("the result has shape {shape}; only a scalar has a gradient");
            return Err(mistake(at_node(node, problem).help(format!("take its sum: sum({})", format::name(source)))));
        }
        if kind != Kind::Real {
            let problem = format!("the result is of kind {kind}, and has no gradient");
            return Err(mistake(at_node(node, problem).help(match kind {
                Kind::Bool => "where(condition, 1, 0) makes a real number of a condition",
                Kind::Int | Kind::Real => "a whole number does not change with its inputs but in jumps",
            })));
        }
        for (name, value, _) in &values {
            values::check(&function, name, value).map_err(CommandError::mistake)?;
        }
        let values = values.into_iter().map(|(name, value, _)| (name, value)).collect::<Vec<_>>();
        let names = NodeNames::new(&function.graph, source);
        let question = Question { function: &function, result, names: &names, values: &values, order: self.order };
        print(answer(&question)?, self.json, output)
    }

    /// The value of each name, of the kind that the expression needs.
    fn read_values(&self, expression: &Expression) -> Result<Vec<(String, Tensor, Kind)>, CommandError> {
        let read = |argument: &String| {
            let (name, value) = values::parse(argument).map_err(CommandError::mistake)?;
            let is_index = expression.names().iter().any(|known| known.name == name && known.is_index);
            Ok((name, value, if is_index { Kind::Int } else { Kind::Real }))
        };
        self.values.iter().map(read).collect()
    }
}

/// Prints the answer; if something is not finite, that is an error after it.
fn print(answer: Answer, json: bool, output: &mut StandardOutput) -> Result<(), CommandError> {
    if json {
        output.line(as_json(&answer))?;
        answer.notes.iter().for_each(message);
    } else {
        output.text(&as_text(&answer))?;
    }
    match answer.problem {
        Some(Problem(problem)) => Err(CommandError::result(problem)),
        None => Ok(()),
    }
}

fn help(output: &mut StandardOutput) -> Result<(), CommandError> {
    let mut command = Grad::augment_args(clap::Command::new("grad")).bin_name("chainrule grad");
    output.text(&command.render_help().to_string())
}

fn at_node(node: &chainrule::Node, problem: String) -> Diagnostic {
    match node.origin.written() {
        chainrule::Origin::Text(span) => Diagnostic::new(problem, *span),
        _ => Diagnostic::general(problem),
    }
}

fn as_json(answer: &Answer) -> String {
    let by_name = |values: &[(String, Tensor)]| {
        values.iter().fold(json::Object::default(), |object, (name, value)| object.with(name, json::tensor(value)))
    };
    let nodes = answer.nodes.iter().map(|node| {
        json::Object::default()
            .with("name", json::text(&node.name))
            .with("op", json::text(&node.op))
            .with("shape", json::array(node.value.shape().iter()))
            .with("value", json::tensor(&node.value))
            .with("gradient", node.gradient.as_ref().map_or_else(|| "null".into(), json::tensor))
    });
    json::Object::default()
        .with("value", json::number(answer.value))
        .with("gradient", by_name(&answer.gradient))
        .with_some("second", answer.second.as_ref().map(|second| by_name(second)))
        .with("nodes", json::array(nodes))
        .to_string()
}

/// How many characters a value may take in a table of this width: with its derivative so many as leave a name room.
fn value_width(width: usize) -> usize {
    /// What a name and the gaps take.
    const BESIDE: usize = 28;
    /// In fewer there is no number.
    const LEAST: usize = 13;
    (width.saturating_sub(BESIDE) / 2).max(LEAST)
}

fn as_text(answer: &Answer) -> String {
    // Who reads a file or a pipe can do with names and values of any length.
    let width = format::known_width();
    let name = |name: &str| if width.is_some() { format::name(name) } else { format::whole_name(name) };
    let value = |value: &Tensor| match width {
        Some(width) => format::tensor_within(value, value_width(width)),
        None => format::tensor(value),
    };
    let rows = answer.nodes.iter().map(|node| {
        let gradient = node.gradient.as_ref().map_or_else(|| "none".into(), value);
        let shape = node.value.shape().to_string();
        vec![name(&node.name), node.op.clone(), shape, value(&node.value), gradient]
    });
    let mut text = format::whole_table(
        &["node", "op", "shape", "value", "d result / d node"],
        3,
        rows,
        format::Narrow { shorten: 0, leave_out: &[2, 1] },
    );
    for note in &answer.notes {
        text += &format!("\n{note}");
    }
    text += &format!("\n\nvalue     {}\n", format::number(answer.value));
    let mut list = |title: &str, values: &[(String, Tensor)]| {
        let width = values.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (index, (name, value)) in values.iter().enumerate() {
            let title = if index == 0 { title } else { "" };
            text += &format!("{title:10}{name:width$}  {}\n", format::tensor(value));
        }
    };
    list("gradient", &answer.gradient);
    list("second", answer.second.as_deref().unwrap_or_default());
    text
}
