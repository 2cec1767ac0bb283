//! `chainrule tour`: five models trained on the embedded problems, with what is to be expected of them and pictures.

mod models;
mod training;

use std::path::{Path, PathBuf};

use chainrule::Tensor;
use chainrule::learn::problems::{Regression, digits};
use chainrule::learn::{Dataset, Role, atomic, mean_squared_error, predicted_class};
use clap::Args;

use crate::data::of_option;
use crate::failure::Failure;
use crate::format;
use crate::options;
use crate::output::{Output, message};
use crate::plots::{LearningCurves, Picture, Prediction, confusion_matrix, functions, learning_curves_of_all};
use models::{DIGITS, HELD_OUT, Model, REGRESSION, TARGET};
use training::{Trained, train};

/// Trains five models on the embedded problems, with a table and pictures (the default command)
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Tour {
    /// The folder for pictures, models and data, made if it is not there
    #[arg(long, value_name = "DIR", default_value = FOLDER)]
    out: PathBuf,

    /// The seed of the regression problem, the split, the initial values and the orders
    #[arg(long, value_name = "N", default_value = "0", value_parser = options::seed, allow_hyphen_values = true)]
    seed: u64,

    /// A short form that only shows that everything works: a fiftieth of the epochs
    #[arg(long)]
    quick: bool,
}

/// At how many places functions are drawn.
const PLACES: usize = 2000;

const FOLDER: &str = "chainrule-tour";

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
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        self.open_folder()?;
        message(format!("The tour writes data, models and pictures to {}/.", self.out.display()));
        let problem = Regression::generate(self.seed);
        let images = digits::dataset()?;
        self.write_files(&problem, &images)?;

        let epochs = |model: &Model| if self.quick { model.epochs.div_ceil(50) } else { model.epochs };
        let (training, validation) = (&problem.training, &problem.validation);
        let regressions =
            REGRESSION.iter().map(|model| train(model, epochs(model), training, validation, false, self.seed));
        let regressions = regressions.collect::<Result<Vec<Trained>, Failure>>()?;
        let (seen, unseen) = images.split(HELD_OUT, self.seed)?;
        let classifier = train(&DIGITS, epochs(&DIGITS), &seen, &unseen, true, self.seed)?;

        output.text(&text(&problem, &regressions, &classifier))?;
        let pictures = [
            ("functions", picture_of_functions(&problem, &regressions)?),
            ("curves", picture_of_curves(&regressions)),
            ("confusion", picture_of_confusion(&classifier)?),
        ];
        for (name, picture) in &pictures {
            for extension in ["svg", "png"] {
                picture.write(&self.path(&format!("{name}.{extension}")))?;
            }
        }
        output.text(&next_steps(&self.out))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.out.join(name)
    }

    fn open_folder(&self) -> Result<(), Failure> {
        let folder = self.out.display();
        std::fs::create_dir_all(&self.out)
            .map_err(|error| Failure::mistake(format!("--out: the folder {folder} cannot be made: {error}")))?;
        atomic::check_writable(self.path("functions.svg")).map_err(|error| of_option("--out", error))
    }

    fn write_files(&self, problem: &Regression, images: &Dataset) -> Result<(), Failure> {
        problem.training.write_csv(self.path("training.csv"))?;
        problem.validation.write_csv(self.path("validation.csv"))?;
        images.write_csv(self.path("digits.csv"))?;
        for model in REGRESSION.iter().chain([&DIGITS]) {
            atomic::write(self.path(model.file), model.graph.as_bytes())?;
        }
        Ok(())
    }
}

/// The table of errors, and what it says.
fn text(problem: &Regression, regressions: &[Trained], classifier: &Trained) -> String {
    let heading = ["regression: squared error", "epochs", "training", "expected", "validation", "expected", "seconds"];
    let target = |rows: &Dataset| {
        let (x, y) = columns(rows);
        format!("{:.3}", mean_squared_error(&Tensor::from_fn([x.len()], |i| problem.target(x[i])), &Tensor::vector(y)))
    };
    let mut rows = vec![vec![
        "the target itself".to_string(),
        String::new(),
        target(&problem.training),
        TARGET.training.into(),
        target(&problem.validation),
        TARGET.validation.into(),
        String::new(),
    ]];
    let row = |trained: &Trained, score: fn(f64) -> String| {
        let Model { name, expected, .. } = trained.model;
        let [training, validation] = trained.final_scores().map(score);
        let (epochs, seconds) = (trained.epochs.to_string(), format!("{:.1}", trained.seconds));
        let (as_training, as_validation) = (expected.training.into(), expected.validation.into());
        vec![name.to_string(), epochs, training, as_training, validation, as_validation, seconds]
    };
    rows.extend(regressions.iter().map(|trained| row(trained, |score| format!("{score:.3}"))));
    let percent = |score: f64| format!("{:.1} %", 100.0 * score);
    let mut second = heading;
    second[0] = "digits: share of right classes";
    format!(
        "{}\n\n{}\n\n{}\n",
        format::table(&heading, 1, rows),
        format::table(&second, 1, [row(classifier, percent)]),
        LESSON
    )
}

const LESSON: &str = "\
expected: mean [least, greatest] over five such problems, each with another seed.
The features make the fit: on x itself a small network finds little. Least squares, which the linear model goes towards,
fits the noise of 100 points; a penalty, or stopping early, keeps a model from doing so.";

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

fn picture_of_functions(problem: &Regression, regressions: &[Trained]) -> Result<Picture, Failure> {
    let x: Vec<f64> = (0..PLACES).map(|place| place as f64 / PLACES as f64).collect();
    let at = |y: Vec<f64>| x.iter().copied().zip(y).collect::<Vec<_>>();
    let Some(input) = problem.points.fields().iter().find(|field| field.role == Role::Input) else {
        return Err(Failure::mistake("the regression problem has no input"));
    };
    let grid = Dataset::new("the places drawn", x.len(), vec![(input.clone(), x.clone())]);
    let Some(grid) = grid else {
        return Err(Failure::mistake("the regression problem has an input that is no number"));
    };
    let prediction = |trained: &Trained| {
        let points = at(trained.predictions(&grid)?.into_data());
        Ok(Prediction { label: trained.model.name.into(), color: trained.model.color, points })
    };
    let predictions = regressions.iter().map(prediction).collect::<Result<Vec<_>, Failure>>()?;
    let target = at(x.iter().map(|&x| problem.target(x)).collect());
    let (training, validation) = (pairs(&problem.training), pairs(&problem.validation));
    Ok(functions("What each model makes of 100 points", &training, &validation, &target, predictions))
}

fn picture_of_curves(regressions: &[Trained]) -> Picture {
    let curves = regressions.iter().map(|trained| LearningCurves {
        title: trained.model.name.into(),
        quantity: "squared error".into(),
        training: trained.curve(true),
        validation: trained.curve(false),
    });
    learning_curves_of_all("Learning curves", curves.collect())
}

fn picture_of_confusion(classifier: &Trained) -> Result<Picture, Failure> {
    let rows = &classifier.validation;
    let predictions = classifier.predictions(rows)?;
    let mut counts = vec![vec![0; digits::CLASSES]; digits::CLASSES];
    for (row, (truth, entries)) in columns(rows).1.iter().zip(predictions.data().chunks(digits::CLASSES)).enumerate() {
        debug_assert!(row < rows.rows());
        counts[*truth as usize][predicted_class(&Tensor::vector(entries))] += 1;
    }
    Ok(confusion_matrix("Digits held out", &counts))
}

/// Commands that go on from here, on the files that were written.
fn next_steps(folder: &Path) -> String {
    let dir = folder.display();
    format!(
        "\
In {dir}/: functions, curves and confusion, each as .svg and .png; the models as text and the data as CSV.

What to try next:
  chainrule grad 'tanh(w*x+b)' w=0.5 x=2 b=-1
      every value and derivative of an expression
  chainrule check {dir}/mlp.graph
      is every gradient of that network right?
  chainrule fit {dir}/ridge.graph --data {dir}/training.csv --valid {dir}/validation.csv \\
      --set lambda=0 --rate 0.0005 --epochs 500 --plot {dir}/ridge.svg
      stopping early instead of a penalty
  chainrule fit {dir}/digits.graph --data {dir}/digits.csv --valid-split 0.2 --standardize \\
      --set m=32 --epochs 20 --batch 16 --rate 0.1 --save {dir}/digits.safetensors
  chainrule predict {dir}/digits.safetensors --data {dir}/digits.csv --out {dir}/predictions.csv
      a smaller classifier, saved and used
"
    )
}
