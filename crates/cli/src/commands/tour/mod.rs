//! `chainrule tour`: five models trained on the embedded problems, with what is to be expected of them and pictures.

mod folder;
mod models;
mod next_steps;
mod report;
mod training;

use std::path::PathBuf;

use chainrule::Tensor;
use chainrule::learn::problems::{Regression, digits};
use chainrule::learn::{Dataset, Role, mean_squared_error, predicted_class};
use clap::Args;

use crate::error::CommandError;
use crate::options;
use crate::output::{StandardOutput, message};
use crate::plots::{LearningCurves, Picture, Prediction, confusion_matrix, functions, learning_curves_of_all};
use folder::Folder;
use models::{DIGITS, HELD_OUT, REGRESSION, TARGET, TourModel};
use next_steps::next_steps;
use report::{Row, report};
use training::{TrainedModel, train};

/// Trains five models on the embedded problems, with a table and pictures (the default command)
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Tour {
    /// The folder for pictures, models and data, made if it is not there; of the files in it only those are replaced
    /// that the tour wrote itself and nobody has changed
    #[arg(long, value_name = "DIR", default_value = FOLDER)]
    out: PathBuf,

    /// The seed of the regression problem, the split, the initial values and the orders
    #[arg(long, value_name = "N", default_value = "0", value_parser = options::seed, allow_hyphen_values = true)]
    seed: u64,

    /// A short form that only shows that everything works: a fiftieth of the epochs
    #[arg(long)]
    quick: bool,
}

/// At how many points functions are drawn.
const POINTS: usize = 2000;

const FOLDER: &str = "chainrule-tour";
const DATA: [&str; 3] = ["training.csv", "validation.csv", "digits.csv"];
const PICTURES: [&str; 3] = ["functions", "curves", "confusion"];
const FORMATS: [&str; 2] = ["svg", "png"];

const EXAMPLES: &str = "\
Examples:
  chainrule
  chainrule tour --seed 7 --out tour-7";

impl Default for Tour {
    fn default() -> Tour {
        Tour { out: FOLDER.into(), seed: 0, quick: false }
    }
}

impl Tour {
    /// Shows it.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        let models = || REGRESSION.iter().chain([&DIGITS]);
        let pictures = PICTURES.iter().flat_map(|name| FORMATS.map(|format| format!("{name}.{format}")));
        let names = models().map(|model| model.file).chain(DATA).map(String::from).chain(pictures);
        let names: Vec<String> = names.collect();
        let mut folder = Folder::open(&self.out, &names)?;
        message(format!("The tour writes data, models and pictures to {}/.", self.out.display()));
        let problem = Regression::generate(self.seed);
        let images = digits::dataset()?;
        let tables = [&problem.training, &problem.validation, &images].map(Dataset::to_csv);
        let data = DATA.map(String::from).into_iter().zip(tables);
        folder.write(models().map(|model| (model.file.into(), model.graph.into())).chain(data).collect())?;

        let epochs = |model: &TourModel| if self.quick { model.epochs.div_ceil(50) } else { model.epochs };
        let (training, validation) = (&problem.training, &problem.validation);
        let regressions =
            REGRESSION.iter().map(|model| train(model, epochs(model), training, validation, false, self.seed));
        let regressions = regressions.collect::<Result<Vec<TrainedModel>, CommandError>>()?;
        let (seen, unseen) = images.split(HELD_OUT, self.seed)?;
        let classifier = train(&DIGITS, epochs(&DIGITS), &seen, &unseen, true, self.seed)?;

        let row = |trained: &TrainedModel| Row {
            name: trained.model.name,
            scores: trained.final_scores(),
            expected: trained.model.expected,
        };
        let rows: Vec<Row> = regressions.iter().map(row).collect();
        output.text(&report(target(&problem)?, &rows, row(&classifier), self.quick))?;
        let mut pictures = [
            picture_of_functions(&problem, &regressions)?,
            picture_of_curves(&regressions, &classifier),
            picture_of_confusion(&classifier)?,
        ];
        let mut files = Vec::new();
        for (name, picture) in PICTURES.iter().zip(&mut pictures) {
            for format in FORMATS {
                let name = format!("{name}.{format}");
                files.push((name.clone(), picture.bytes(&folder.path(&name))?));
            }
        }
        folder.write(files)?;
        let program = std::env::args().next().unwrap_or_else(|| "chainrule".into());
        output.text(&format!("\n{}", next_steps(&program, &self.out)))
    }
}

/// The errors of the target itself.
fn target(problem: &Regression) -> Result<Row, CommandError> {
    let error = |rows: &Dataset| {
        let (x, y) = columns(rows);
        mean_squared_error(&Tensor::from_fn([x.len()], |i| problem.target(x[i])), &Tensor::vector(y))
    };
    let scores = [error(&problem.training)?, error(&problem.validation)?];
    Ok(Row { name: "the target itself", scores, expected: TARGET })
}

/// The inputs and outcomes of the regression problem.
fn columns(rows: &Dataset) -> (Vec<f64>, Vec<f64>) {
    let column =
        |role: Role| (0..rows.rows()).flat_map(move |row| rows.example_of(role, row)).map(|(_, value)| value.item());
    (column(Role::Input).collect(), column(Role::Outcome).collect())
}

fn pairs(rows: &Dataset) -> Vec<(f64, f64)> {
    let (x, y) = columns(rows);
    x.into_iter().zip(y).collect()
}

fn picture_of_functions(problem: &Regression, regressions: &[TrainedModel]) -> Result<Picture, CommandError> {
    let x: Vec<f64> = (0..POINTS).map(|index| index as f64 / POINTS as f64).collect();
    let at = |y: Vec<f64>| x.iter().copied().zip(y).collect::<Vec<_>>();
    let Some(input) = problem.points.fields().iter().find(|field| field.role == Role::Input) else {
        return Err(CommandError::mistake("the regression problem has no input"));
    };
    let grid = Dataset::new("the points drawn", x.len(), [(input.clone(), x.clone())])?;
    let prediction = |trained: &TrainedModel| {
        let points = at(trained.predictions(&grid)?.into_data());
        Ok(Prediction { label: trained.model.name.into(), stroke: trained.model.stroke, points })
    };
    let predictions = regressions.iter().map(prediction).collect::<Result<Vec<_>, CommandError>>()?;
    let target = at(x.iter().map(|&x| problem.target(x)).collect());
    let (training, validation) = (pairs(&problem.training), pairs(&problem.validation));
    Ok(functions("What each model makes of 100 points", &training, &validation, &target, predictions))
}

fn picture_of_curves(regressions: &[TrainedModel], classifier: &TrainedModel) -> Picture {
    let curves = |title: String, quantity: &str, is_share: bool, trained: &TrainedModel| LearningCurves {
        title,
        quantity: quantity.into(),
        is_share,
        training: trained.curve(true),
        validation: trained.curve(false),
    };
    let regressions =
        regressions.iter().map(|trained| curves(trained.model.name.into(), "squared error", false, trained));
    let digits = curves(format!("{}, on digits", classifier.model.name), "share of right classes", true, classifier);
    learning_curves_of_all("Learning curves", regressions.chain([digits]).collect())
}

fn picture_of_confusion(classifier: &TrainedModel) -> Result<Picture, CommandError> {
    let rows = &classifier.validation;
    let predictions = classifier.predictions(rows)?;
    let mut counts = vec![vec![0; digits::CLASSES]; digits::CLASSES];
    for (row, (truth, elements)) in columns(rows).1.iter().zip(predictions.data().chunks(digits::CLASSES)).enumerate() {
        debug_assert!(row < rows.rows());
        counts[*truth as usize][predicted_class(&Tensor::vector(elements))] += 1;
    }
    let names: Vec<String> = (0..digits::CLASSES).map(|digit| digit.to_string()).collect();
    Ok(confusion_matrix("Digits for validation: number of images", &names, &counts))
}
