//! `chainrule tour`: seven models trained on the embedded problems, with what is to be expected of them and pictures, and
//! at the end a fault that the doctor finds, mended.

mod checked;
mod fault;
mod folder;
mod models;
mod next_steps;
mod report;
mod training;
mod vowels;

use std::path::PathBuf;

use chainrule::Tensor;
use chainrule::learn::problems::{Regression, digits};
use chainrule::learn::{Dataset, Role, mean_squared_error, predicted_class};
use clap::Args;

use crate::error::CommandError;
use crate::options;
use crate::output::{StandardOutput, message};
use crate::plots::{LearningCurves, Picture, Prediction, confusion_matrix, functions, learning_curves_of_all};
use checked::checked_rules;
use folder::Folder;
use models::{CONVOLUTION, DIGITS, HELD_OUT, RECURRENT, REGRESSION, TARGET, TourModel};
use next_steps::next_steps;
use report::{Findings, Row, report};
use training::{TrainedModel, train};

/// Trains seven models on the embedded problems, with a table and pictures, and mends one that does not learn (the default
/// command)
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
const PICTURES: [&str; 4] = ["functions", "curves", "confusion", "mended"];
const FORMATS: [&str; 2] = ["svg", "png"];
const DRAWINGS: [&str; 2] = ["convnet.svg", "gru.svg"];

const EXAMPLES: &str = "\
Examples:
  chainrule
  chainrule tour --seed 7 --out tour-7";

impl Default for Tour {
    fn default() -> Tour {
        Tour { out: FOLDER.into(), seed: 0, quick: false }
    }
}

/// Every model but the one that does not learn.
fn models() -> impl Iterator<Item = &'static TourModel> {
    REGRESSION.iter().chain([&DIGITS, &CONVOLUTION, &RECURRENT])
}

/// The names of the files that it writes.
fn files() -> Vec<String> {
    let pictures = PICTURES.iter().flat_map(|name| FORMATS.map(|format| format!("{name}.{format}")));
    let arrays = vowels::FILES.map(|(name, _)| name);
    let models = models().map(|model| model.file).chain(fault::FILES);
    models.chain(DATA).chain(DRAWINGS).chain(arrays).map(String::from).chain(pictures).collect()
}

impl Tour {
    /// Shows it.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        let mut folder = Folder::open(&self.out, &files())?;
        message(format!("The tour writes data, models and pictures to {}/.", self.out.display()));
        let problem = Regression::generate(self.seed);
        let images = digits::dataset()?;
        let tables = [&problem.training, &problem.validation, &images].map(Dataset::to_csv);
        let tables = DATA.map(String::from).into_iter().zip(tables);
        let data = tables.chain(vowels::FILES.map(|(name, bytes)| (name.into(), bytes.to_vec())));
        let [faulty, mended] = fault::FILES;
        let texts = models().map(|model| (model.file, model.graph.into())).chain([(faulty, fault::faulty())]);
        let texts = texts.map(|(name, text): (&str, String)| (name.into(), text.into_bytes()));
        folder.write(texts.chain(data).collect())?;

        let rules = models().map(checked_rules).sum::<Result<usize, CommandError>>()?;
        let trained = self.train_all(&problem, &images)?;
        let row = |trained: &TrainedModel| Row {
            name: trained.model.name,
            scores: trained.final_scores(),
            expected: trained.model.expected,
        };
        let Trained { regressions, digits, vowels } = &trained;
        let findings = Findings {
            target: target(&problem)?,
            regressions: regressions.iter().map(row).collect(),
            digits: digits.each_ref().map(row),
            vowels: row(vowels),
            rules,
        };
        output.text(&report(&findings, self.quick))?;
        let program = std::env::args().next().unwrap_or_else(|| "chainrule".into());
        let found = fault::found_and_mended(&program, &self.out, self.seed, self.quick)?;
        output.text(&format!("\n{}", found.text))?;
        let [classifier, convolution] = digits;
        let mut pictures = [
            picture_of_functions(&problem, regressions)?,
            picture_of_curves(&trained),
            picture_of_confusion(classifier)?,
            found.picture,
        ];
        let drawings = [convolution, vowels].map(TrainedModel::drawing);
        let mut files: Vec<(String, Vec<u8>)> = DRAWINGS.map(String::from).into_iter().zip(drawings).collect();
        files.push((mended.into(), found.mended.into_bytes()));
        for (name, picture) in PICTURES.iter().zip(&mut pictures) {
            for format in FORMATS {
                let name = format!("{name}.{format}");
                files.push((name.clone(), picture.bytes(&folder.path(&name))?));
            }
        }
        folder.write(files)?;
        output.text(&format!("\n{}", next_steps(&program, &self.out)))
    }
}

/// The models, trained.
struct Trained {
    regressions: Vec<TrainedModel>,
    /// The classifier and the convolutional network.
    digits: [TrainedModel; 2],
    /// The recurrent network.
    vowels: TrainedModel,
}

impl Tour {
    fn train_all(&self, problem: &Regression, images: &Dataset) -> Result<Trained, CommandError> {
        let train = |model: &'static TourModel, [training, validation]: [&Dataset; 2], standardize| {
            let TourModel { epochs, .. } = *model;
            let epochs = if self.quick { epochs.div_ceil(50) } else { epochs };
            train(model, epochs, training, validation, standardize, self.seed)
        };
        let points = [&problem.training, &problem.validation];
        let regressions = REGRESSION.iter().map(|model| train(model, points, false)).collect::<Result<_, _>>()?;
        let (seen, unseen) = images.split(HELD_OUT, self.seed)?;
        let images = [&seen, &unseen];
        let digits = [train(&DIGITS, images, true)?, train(&CONVOLUTION, images, false)?];
        let utterances = vowels::datasets()?;
        let vowels = train(&RECURRENT, utterances.each_ref(), false)?;
        Ok(Trained { regressions, digits, vowels })
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

fn picture_of_curves(Trained { regressions, digits, vowels }: &Trained) -> Picture {
    let curves = |title: String, quantity: &str, is_share: bool, trained: &TrainedModel| LearningCurves {
        title,
        quantity: quantity.into(),
        is_share,
        training: trained.curve(true),
        validation: trained.curve(false),
    };
    let regressions =
        regressions.iter().map(|trained| curves(trained.model.name.into(), "squared error", false, trained));
    let shares = digits.iter().map(|trained| (trained, "digits")).chain([(vowels, "vowels")]);
    let shares = shares.map(|(trained, data)| {
        curves(format!("{}, on {data}", trained.model.name), "share of right classes", true, trained)
    });
    learning_curves_of_all("Learning curves", regressions.chain(shares).collect())
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
