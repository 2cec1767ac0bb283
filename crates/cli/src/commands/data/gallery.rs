//! `chainrule data gallery`: data on which a model of the gallery can be tried.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chainrule::Tensor;
use chainrule::learn::Role;
use chainrule::learn::problems::{made_up, unaligned};
use chainrule::text::{Dim, Model};
use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::commands::predict::columns::{self, Column};
use crate::error::CommandError;
use crate::files;
use crate::model_file::ModelFile;
use crate::options::{self, Setting};
use crate::output::message;

/// Makes up data on which a model of the gallery can be tried: inputs at random, outcomes that follow from them, and noise
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Gallery {
    /// The model, by its name in models/
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(MODELS.map(|(name, _)| name)))]
    name: String,

    /// The file to write: a table, or arrays if it is an .npz
    #[arg(long, value_name = "T.csv")]
    out: PathBuf,

    /// How many rows
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = options::rows, allow_hyphen_values = true)]
    rows: usize,

    /// Binds a free size, or overrides a `let`: --set d=5 (may be repeated)
    #[arg(long, value_name = "NAME=NUMBER", allow_hyphen_values = true)]
    set: Vec<Setting>,

    /// Decides the random numbers
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = options::seed, allow_hyphen_values = true)]
    seed: u64,
}

const EXAMPLES: &str = "\
Examples:
  chainrule data gallery ridge --out T.csv
  chainrule fit models/ridge.graph --data T.csv --standardize

Each model's first lines say how to make its data and how to fit it. What is counted from 0, such as users, is one of 20, \
unless --set says how many; other free sizes are 5.";

/// The numbers that a free size is bound to: one that whole numbers stay below, another.
const SIZES: (f64, f64) = (20.0, 5.0);

impl Gallery {
    /// Makes up the data and writes them.
    pub fn run(self) -> Result<(), CommandError> {
        files::check(&[], &[("--out", Some(&self.out))])?;
        let source = MODELS.iter().find(|(name, _)| *name == self.name).map_or("", |(_, source)| *source);
        let file = ModelFile::parse(format!("models/{}.graph", self.name), source.to_string())?;
        let function = file.build(&sizes(&file.model, options::settings(&self.set)?))?;
        let data = if self.name == "ctc" { unaligned } else { made_up }(&function, self.rows, self.seed)?;
        let rows: Vec<usize> = (0..data.rows()).collect();
        let mut columns = Vec::new();
        for role in [Role::Input, Role::Outcome] {
            let is_count = role == Role::Outcome && COUNTING.contains(&&*self.name);
            let values = data.batch_of(role, &rows).into_iter();
            columns.extend(
                values.map(|(name, values)| Column::numbers(name, if is_count { rounded(values) } else { values })),
            );
        }
        columns::write(&self.out, &columns, data.rows())?;
        let fields: Vec<String> = data.fields().iter().map(|field| format!("{} {}", field.name, field.shape)).collect();
        message(format!("wrote {}: {} rows of {}", self.out.display(), data.rows(), fields.join(", ")));
        Ok(())
    }
}

/// What the user sets, and a number for every other free size.
fn sizes(model: &Model, mut settings: BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let (count, other) = SIZES;
    for size in model.sizes().iter().filter(|size| size.free) {
        let mut declared = model.inputs().iter().chain(model.outcomes());
        let counts = declared.any(|field| field.bound == Some(Dim::Size(size.name.clone())));
        settings.entry(size.name.clone()).or_insert(if counts { count } else { other });
    }
    settings
}

fn rounded(values: Tensor) -> Tensor {
    let shape = values.shape().clone();
    let rounded = values.into_data().into_iter().map(f64::round).collect();
    Tensor::new(shape, rounded).expect("it has as many elements as before")
}

/// Of these the outcome is a count.
const COUNTING: &[&str] = &["poisson"];

/// The gallery.
const MODELS: [(&str, &str); 19] = [
    ("autoencoder", include_str!("../../../../../models/autoencoder.graph")),
    ("ctc", include_str!("../../../../../models/ctc.graph")),
    ("factorization", include_str!("../../../../../models/factorization.graph")),
    ("gaussian", include_str!("../../../../../models/gaussian.graph")),
    ("growth", include_str!("../../../../../models/growth.graph")),
    ("huber", include_str!("../../../../../models/huber.graph")),
    ("kernel", include_str!("../../../../../models/kernel.graph")),
    ("lasso", include_str!("../../../../../models/lasso.graph")),
    ("linear", include_str!("../../../../../models/linear.graph")),
    ("logistic", include_str!("../../../../../models/logistic.graph")),
    ("mixture", include_str!("../../../../../models/mixture.graph")),
    ("mlp_classifier", include_str!("../../../../../models/mlp_classifier.graph")),
    ("mlp_regression", include_str!("../../../../../models/mlp_regression.graph")),
    ("poisson", include_str!("../../../../../models/poisson.graph")),
    ("quantile", include_str!("../../../../../models/quantile.graph")),
    ("ranking", include_str!("../../../../../models/ranking.graph")),
    ("residual", include_str!("../../../../../models/residual.graph")),
    ("ridge", include_str!("../../../../../models/ridge.graph")),
    ("softmax", include_str!("../../../../../models/softmax.graph")),
];
