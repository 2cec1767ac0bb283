//! `chainrule check`: is every gradient of a model right?

use std::path::PathBuf;

use chainrule::check::{
    Blame, CheckError, CheckOptions, Draw, Draws, Elements, NodeReport, Report, Second, Verdict, check_function_at,
};
use chainrule::learn::{Dataset, Parameters, Role, Transforms, random};
use chainrule::{Function, Parameter, Phase, Shape, Value, batch, phase};
use clap::Args;

use crate::bypassed;
use crate::columns::ColumnOptions;
use crate::data::{PreparedData, TableOptions};
use crate::dropped_slope;
use crate::error::CommandError;
use crate::format;
use crate::idle;
use crate::json::{self, Object};
use crate::model_file::ModelFile;
use crate::names::NodeNames;
use crate::notes::notes;
use crate::options::{self, ModelOptions};
use crate::output::StandardOutput;
use crate::progress::Waiting;
use crate::tables::SeparatorOption;

/// Draws values for a model and compares every gradient with differences
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    #[command(flatten)]
    model: ModelOptions,

    /// A table: its rows are taken for inputs and outcomes, and the parameters as they start
    #[arg(long, value_name = "T.csv")]
    data: Option<PathBuf>,

    #[command(flatten)]
    columns: ColumnOptions,

    #[command(flatten)]
    separator: SeparatorOption,

    /// Tests every element of every gradient by itself, not along a random direction
    #[arg(long)]
    entries: bool,

    /// The seed of the draws
    #[arg(long, value_name = "N", default_value = "0", value_parser = options::seed, allow_hyphen_values = true)]
    seed: u64,

    /// Prints one line of JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  chainrule check model.graph
  chainrule check model.graph --set d=5 --entries --seed 7
  chainrule check model.graph --data train.csv

Free sizes become small numbers that differ. Reals are drawn from normal(0, 1), ints below their bound, some of both near \
the constants that the model compares them with; --data takes rows of a table instead. The exit code is 0 if no gradient \
is wrong, 1 if one is: the report names the rule, or the sum of contributions, to blame, and the rules that were not tested, \
as those on a branch that no draw took, and how many of them take so long that one draw has to do. It is 2 if more than 1 % could not be told, as where values are so small that differences are nothing but rounding.

Where training differs from prediction, both are checked, training over a batch where examples see each other. With --json, \
`passed` covers both, and `prediction` holds the report of the second.";

impl Check {
    /// Checks first and second derivatives of the objective.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        let file = ModelFile::read(&self.model.model)?;
        let (function, data) = self.function(&file)?;
        let function = function.with_seed(self.seed, 0);
        idle::warn(&file, &function, file.objective(&function)?);
        if !function.has_phases() {
            let report = self.report(&file, &function, data.as_ref(), None)?;
            let names = file.names(&function);
            output.line(if self.json {
                as_json(&report, report.passed(), &names).to_string()
            } else {
                as_text(&report, &names, file.objective(&function)?)
            })?;
            return verdict(&report, file.name());
        }
        let (training, rows) = in_training(&file, &function)?;
        let (prediction, _) = phase(&function, Phase::Prediction).map_err(|error| file.mistake(error))?;
        let trains = self.report(&file, &training, data.as_ref(), rows)?;
        let predicts = self.report(&file, &prediction, data.as_ref(), None)?;
        let (training_names, prediction_names) = (file.names(&training), file.names(&prediction));
        output.line(if self.json {
            // Whoever reads one member is told of both phases.
            let passed = trains.passed() && predicts.passed();
            let of_prediction = as_json(&predicts, predicts.passed(), &prediction_names);
            as_json(&trains, passed, &training_names).with("prediction", of_prediction).to_string()
        } else {
            let batch = rows.map_or_else(String::new, |rows| format!(", over a batch of {rows} examples"));
            let in_training = as_text(&trains, &training_names, file.objective(&training)?);
            let in_prediction = as_text(&predicts, &prediction_names, file.objective(&prediction)?);
            format!("in training{batch}:\n{in_training}\n\nin prediction:\n{in_prediction}")
        })?;
        // What is wrong is told before what could not be told.
        let (first, second) = if is_undecided(&trains) { (&predicts, &trains) } else { (&trains, &predicts) };
        verdict(first, file.name()).and_then(|()| verdict(second, file.name()))
    }

    /// What is found of a function in a phase; with `batch`, of one over a batch of so many examples.
    fn report(
        &self,
        file: &ModelFile,
        function: &Function,
        data: Option<&Dataset>,
        batch: Option<usize>,
    ) -> Result<Report, CommandError> {
        let draws = self.draws(function, data, batch)?;
        let elements = if self.entries { Elements::OneByOne } else { Elements::Together };
        let options = CheckOptions { seed: self.seed, elements, ..CheckOptions::default() };
        let names = file.names(function);
        let waiting = Waiting::new("checking");
        let taken =
            if self.data.is_some() { "" } else { "\n  rows of a table where they are finite can be given by --data" };
        let report = check_function_at(function, &draws, &options).map_err(|error| match &error {
            // Beside the NaN origin's own words, the text of the node.
            CheckError::NotFinite { nan_origin, .. } if nan_origin.node.index() < function.graph.nodes().len() => {
                let name = format::name(&names.of(nan_origin.node));
                CommandError::mistake(format!("{}: `{name}` is not finite: {error}{taken}", file.name()))
            }
            _ => CommandError::mistake(format!("{}: {error}", file.name())),
        })?;
        drop(waiting);
        Ok(report)
    }

    /// The function, and the table from which rows are taken.
    fn function(&self, file: &ModelFile) -> Result<(Function, Option<Dataset>), CommandError> {
        let settings = self.model.settings()?;
        let Some(path) = &self.data else { return Ok((file.build_small(&settings)?, None)) };
        let (columns, separator) = (self.columns.clone(), self.separator.clone());
        let PreparedData { function, data, .. } =
            TableOptions { data: path.clone(), columns, separator }.fit(file, settings)?;
        let data = Transforms::filling(&data).apply(&data)?;
        Ok((function, Some(data)))
    }

    /// The values at which a function is checked, of an example or of a batch: states as they start, and the rest as usual, or
    /// from the rows of the table and as parameters start.
    fn draws(&self, function: &Function, data: Option<&Dataset>, batch: Option<usize>) -> Result<Draws, CommandError> {
        let Some(data) = data else { return held(function, &function.state, self.seed) };
        let kept: Vec<Parameter> = function.parameters.iter().chain(&function.state).cloned().collect();
        let draws = held(function, &kept, self.seed)?;
        let values = |rows: &[usize]| {
            let of_role = [Role::Input, Role::Outcome].into_iter().flat_map(|role| match batch {
                Some(_) => data.batch_of(role, rows),
                None => data.example_of(role, rows[0]),
            });
            of_role.filter_map(|(name, value)| Some((function.graph.find(name)?.node, value))).collect()
        };
        let mut order = random::permutation(data.rows(), &mut random::generator(self.seed, random::Purpose::Split));
        order.truncate(MOST_ROWS);
        let rows = order.chunks_exact(batch.unwrap_or(1)).map(values).collect();
        Ok(draws.with_rows(rows))
    }
}

/// The function as it trains, over a batch where examples see each other, and the size of that.
fn in_training(file: &ModelFile, function: &Function) -> Result<(Function, Option<usize>), CommandError> {
    let mistake = |error| file.mistake(error);
    let (training, _) = phase(function, Phase::Training).map_err(mistake)?;
    if !training.graph.nodes().iter().any(|node| node.op.is_across_examples()) {
        return Ok((training, None));
    }
    let rows = training.smallest_batch().map_or(BATCH, |(least, _)| least.max(BATCH));
    Ok((batch(&training, rows).map_err(mistake)?, Some(rows)))
}

/// How many examples a batch has that is checked.
const BATCH: usize = 3;

/// So many rows are looked at, which are more than are drawn unless most are not finite.
const MOST_ROWS: usize = 100;

/// Draws that leave some parameters or states as they start.
fn held(function: &Function, kept: &[Parameter], seed: u64) -> Result<Draws, CommandError> {
    if kept.is_empty() {
        return Ok(Draws::new());
    }
    let values = Parameters::initialize(function, seed)?;
    let value = |parameter: &Parameter| values.get(function.name(parameter.node)).cloned();
    kept.iter()
        .try_fold(Draws::new(), |draws, parameter| Ok(draws.with(parameter.node, Draw::Fixed(value(parameter)?))))
}

/// The failure that a report is, if something is wrong, or too much undecided: then no gradient is known to be wrong.
pub fn verdict(report: &Report, name: &str) -> Result<(), CommandError> {
    let Some(failure) = report.all_failures().next() else { return Ok(()) };
    let text = failure.to_string();
    let text = format!("{name}: {}", text.lines().next().unwrap_or_default());
    Err(if is_undecided(report) { CommandError::mistake(text) } else { CommandError::result(text) })
}

/// Whether nothing is wrong but that differences could not tell.
fn is_undecided(report: &Report) -> bool {
    report.all_failures().all(|failure| matches!(failure.blame, Blame::Undecided { .. })) && !report.passed()
}

fn as_text(report: &Report, names: &NodeNames<'_>, objective: Value) -> String {
    let rows = all_nodes(report, names).into_iter().map(|Checked { name, node, .. }| {
        let (name, worst) = (format::name(&name), error(node.worst()));
        vec![name, node.op.clone(), node.shape.clone(), worst, node.verdict.to_string()]
    });
    let table = format::table(
        &["node", "op", "shape", "worst error", "verdict"],
        3,
        rows,
        format::Narrow { shorten: 0, leave_out: &[2, 1] },
    );
    let failures: String = report.all_failures().map(|failure| format!("\n{failure}\n")).collect();
    let dropped = report.dropped_slope.as_ref().map(|slope| format!("note: {}", dropped_slope::note(slope, names)));
    let found = [bypassed::note(names, objective, "objective"), dropped];
    let note: String = found.into_iter().flatten().chain(notes(names)).map(|note| format!("{note}\n")).collect();
    format!("{table}\n{note}{failures}\n{}", summary(report, names))
}

fn error(worst: f64) -> String {
    if worst == 0.0 { "0".into() } else { format!("{worst:.1e}") }
}

/// A node that was checked, of the function or of the body of a loop.
struct Checked<'a> {
    name: String,
    shape: &'a Shape,
    node: &'a NodeReport,
}

/// All nodes, those of a loop's body after the loop. In a body, what has no name is named after the loop.
fn all_nodes<'a>(report: &'a Report, names: &NodeNames<'a>) -> Vec<Checked<'a>> {
    let mut all = Vec::new();
    for node in &report.nodes {
        let (id, graph) = (node.node, names.graph());
        let name = names.distinct(id);
        all.push(Checked { name: name.clone(), shape: graph.shape(id), node });
        let body = report.loops.iter().find(|body| body.node == id).zip(names.in_body(id));
        for inner in body.map_or_else(Vec::new, |(body, names)| all_nodes(&body.report, &names)) {
            let is_named = inner.name.starts_with(&format!("{name}/"));
            let name = if is_named { inner.name } else { format!("{name}: {}", inner.name) };
            all.push(Checked { name, ..inner });
        }
    }
    all
}

/// The nodes whose rule no draw has tested.
fn not_tested(report: &Report, names: &NodeNames<'_>) -> Vec<String> {
    let nodes = all_nodes(report, names).into_iter().filter(|checked| checked.node.verdict == Verdict::NotTested);
    nodes.map(|checked| checked.name).collect()
}

/// How many rules were checked: one for each operand of each node that a derivative goes through.
pub fn rules(report: &Report) -> usize {
    report.all_nodes().into_iter().map(|node| node.edges.len()).sum()
}

fn summary(report: &Report, names: &NodeNames<'_>) -> String {
    let edges = rules(report);
    let (rules, draws) = (format!("{edges} rule{}", if edges == 1 { "" } else { "s" }), report.draws);
    let at_one = match report.all_at_one_draw() {
        0 => String::new(),
        large => format!(" ({large}, which take long, at one of them)"),
    };
    if is_undecided(report) {
        return format!("UNDECIDED: differences are too noisy to tell, at {draws} draws");
    }
    if !report.passed() {
        return format!("WRONG: {} of {edges} rules or sums, at {draws} draws", report.all_failures().count());
    }
    let second = match &report.second {
        Some(Second::Checked { .. }) => "; second derivatives, too".into(),
        Some(Second::Absent(why)) => format!("; no second derivatives: {why}"),
        None => String::new(),
    };
    if edges == 0 {
        return "there is no rule to check: nothing is computed on the way to the objective".into();
    }
    let not_tested: Vec<String> =
        not_tested(report, names).iter().map(|name| format!("`{}`", format::name(name))).collect();
    if !not_tested.is_empty() {
        let (verb, list) = (if not_tested.len() == 1 { "was" } else { "were" }, not_tested.join(", "));
        return format!(
            "no gradient is wrong, but {list} {verb} not tested: the derivative was 0 in each of {draws} draws, as on a \
             branch that none took; the others are right{at_one}{second}"
        );
    }
    format!("every gradient is right: {rules} at {draws} draws{at_one}{second}")
}

/// `passed` is that of the report, or of those of both phases.
fn as_json(report: &Report, passed: bool, names: &NodeNames<'_>) -> Object {
    let nodes = all_nodes(report, names).into_iter().map(|Checked { name, shape, node }| {
        Object::default()
            .with("name", json::text(&name))
            .with("op", json::text(&node.op))
            .with("shape", json::array(shape.iter()))
            .with("worst", json::number(node.worst()))
            .with("verdict", json::text(&node.verdict.to_string().to_lowercase()))
    });
    let failures = report.all_failures().map(|failure| {
        Object::default()
            .with("message", json::text(&failure.to_string()))
            .with("node", json::text(&failure.name))
            .with("written_at", json::text(&failure.origin))
            .with_some("formula", failure.comparison.map(|comparison| json::number(comparison.formula)))
            .with_some("expected", failure.comparison.map(|comparison| json::number(comparison.expected)))
    });
    let second = match &report.second {
        Some(Second::Checked { report, .. }) => Some(report.passed()),
        Some(Second::Absent(_)) | None => None,
    };
    Object::default()
        .with("passed", passed)
        .with("draws", report.draws)
        .with("at_one_draw", report.all_at_one_draw())
        .with("worst", json::number(report.worst()))
        .with_some("second_passed", second)
        .with("not_tested", json::array(not_tested(report, names).iter().map(|name| json::text(name))))
        .with("nodes", json::array(nodes))
        .with("failures", json::array(failures))
}

#[cfg(test)]
mod tests {
    use chainrule::check::{Draws, check};
    use chainrule::{Builder, Function, differentiate};

    use super::*;

    /// A report on x·x whose second contribution is left out of the sum.
    fn report_of_a_fault() -> (Function, Report) {
        let builder = Builder::new();
        let x = builder.input("x", []);
        let y = (x * x).named("square");
        builder.objective(y);
        let function = builder.finish().expect("the graph is right");
        let find = |name: &str| function.graph.find(name).expect("it was named").node;
        let mut derivatives = differentiate(&function.graph, find("square"), &[find("x")]).expect("it has a gradient");
        derivatives.cotangents[find("x").index()] = derivatives.contributions[find("square").index()][0];
        let report = check(&derivatives, &Draws::new(), &CheckOptions::default()).expect("the draws are finite");
        (function, report)
    }

    #[test]
    fn a_wrong_gradient_is_exit_code_1_and_names_the_node() {
        let (function, report) = report_of_a_fault();
        let failure = verdict(&report, "m.graph").expect_err("a contribution is missing");
        assert_eq!(failure.code(), 1);
        assert!(format!("{failure:?}").contains("`x`"), "{failure:?}");
        assert!(
            as_json(&report, report.passed(), &NodeNames::new(&function.graph, ""))
                .to_string()
                .contains("\"passed\":false")
        );
        assert!(summary(&report, &NodeNames::new(&function.graph, "")).contains("WRONG"));
    }
}
