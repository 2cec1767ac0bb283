//! Training kept in a file while it goes on, so that it can go on later as if it had never stopped.
//!
//! Orders of rows follow from the seed and the epoch, so where training is, its values and the best so far are all
//! there is to keep. What they were made from is kept beside them, and must be the same later: the model, the rows, the
//! settings.

use std::path::Path;

use chainrule_graph::{Function, Tensor, text};
use serde_json::{Map, Value, json};

use crate::admission::{self, reals};
use crate::data::dataset::Dataset;
use crate::error::LearnError;
use crate::evaluation::figures::Figures;
use crate::evaluation::scores::Scores;
use crate::fingerprint::Fingerprint;
use crate::parameters::Parameters;
use crate::saved::tensor_file::{Content, FileFormat, damaged};
use crate::training::patience::Best;
use crate::training::progress::{Epoch, Position};
use crate::training::settings::Training;

const FORMAT: FileFormat = FileFormat { what: "checkpoint", key: "chainrule checkpoint", version: 1 };
/// What stands before the names of the values that training is at, and of the best parameters.
const NOW: &str = "now/";
const BEST: &str = "best/";
/// The keys of what is kept of rows.
const ROWS: &str = "rows";
const HASH: &str = "hash";
const STANDARDIZED: &str = "standardized";

/// Training at some moment.
#[derive(Clone, Debug)]
pub(crate) struct TrainingState {
    /// Where it is.
    pub position: Position,
    /// The value of every parameter and state, the optimizer's too.
    pub values: Vec<(String, Tensor)>,
    /// The best epoch so far, if that is kept.
    pub best: Option<Best>,
    /// The reported epochs so far.
    pub history: Vec<Epoch>,
}

/// What the course of training follows from.
pub(crate) struct Provenance<'a> {
    function: &'a Function,
    model: String,
    training: Value,
    validation: Value,
    settings: Map<String, Value>,
    epochs: usize,
}

impl<'a> Provenance<'a> {
    pub fn new(
        function: &'a Function,
        training: &Dataset,
        validation: Option<&Dataset>,
        settings: &Training<'_>,
    ) -> Provenance<'a> {
        Provenance {
            function,
            model: text::print(function),
            training: fingerprint(training),
            validation: validation.map_or(Value::Null, fingerprint),
            settings: settings.course(training.rows()),
            epochs: settings.epochs,
        }
    }

    /// Writes where training is.
    pub fn save(&self, path: &Path, state: &TrainingState) -> Result<(), LearnError> {
        let history = state.history.iter().map(|report| {
            let valid = report.valid.as_ref().map(scores_to_json);
            json!({ "epoch": report.epoch, "train": scores_to_json(&report.train), "valid": valid })
        });
        let best = state.best.as_ref().map(|best| json!({ "epoch": best.epoch, "objective": best.objective }));
        let object = [
            ("model", self.model.clone().into()),
            ("training", self.training.clone()),
            ("validation", self.validation.clone()),
            ("settings", Value::Object(self.settings.clone())),
            ("epoch", state.position.epoch.into()),
            ("rows", state.position.rows.into()),
            ("best", json!(best)),
            ("history", history.collect()),
        ];
        let now = state.values.iter().map(|(name, value)| (format!("{NOW}{name}"), value.clone()));
        let best = state.best.iter().flat_map(|best| best.parameters.iter());
        let best = best.map(|(name, value)| (format!("{BEST}{name}"), value.clone()));
        let object = object.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
        FORMAT.save(path, Content { object, tensors: now.chain(best).collect() })
    }

    /// Reads where training was. Errors name the file: those of a file that cannot be read, and one that was made from
    /// something else. `fresh` are the values that training would start at.
    pub fn load(&self, path: &Path, fresh: &[(String, Tensor)]) -> Result<TrainingState, LearnError> {
        FORMAT.load(path, |content| {
            self.compare(&content)?;
            let number = |value: Option<&Value>| usize::try_from(value?.as_u64()?).ok();
            let position = Position {
                epoch: number(content.object.get("epoch")).ok_or_else(damaged)?,
                rows: number(content.object.get("rows")).ok_or_else(damaged)?,
            };
            if position.epoch > self.epochs || (position.epoch == self.epochs && position.rows > 0) {
                let (there, epochs) = (position.epoch, self.epochs);
                return Err(format!("is after epoch {there}, and {epochs} epochs are asked for; more would be right"));
            }
            let history = content.member("history")?.as_array().ok_or_else(damaged)?;
            let report = |report: &Value| {
                let valid = report.get("valid")?;
                Some(Epoch {
                    epoch: number(report.get("epoch"))?,
                    train: scores_from_json(report.get("train")?)?,
                    valid: if valid.is_null() { None } else { Some(scores_from_json(valid)?) },
                })
            };
            let best = match content.member("best")? {
                Value::Null => None,
                best => Some(Best {
                    epoch: number(best.get("epoch")).ok_or_else(damaged)?,
                    objective: best.get("objective").and_then(Value::as_f64).ok_or_else(damaged)?,
                    parameters: Parameters::from_values(self.function, under(BEST, &content.tensors))
                        .map_err(|error| format!("is damaged: {error}"))?,
                }),
            };
            Ok(TrainingState {
                position,
                values: fit(under(NOW, &content.tensors), fresh)?,
                best,
                history: history.iter().map(report).collect::<Option<_>>().ok_or_else(damaged)?,
            })
        })
    }

    /// An error that says all settings that differ; if none does, which rows do.
    fn compare(&self, content: &Content) -> Result<(), String> {
        if content.member("model")? != self.model.as_str() {
            return Err("is a checkpoint of another model; go on with that one, or start anew in another file".into());
        }
        let mut different = Vec::new();
        let settings = content.member("settings")?.as_object().ok_or_else(damaged)?;
        for (name, here) in &self.settings {
            compare_setting(name, settings.get(name).ok_or_else(damaged)?, here, &mut different);
        }
        if let (Some(there), Some(here)) =
            (content.member("training")?.get(STANDARDIZED), self.training.get(STANDARDIZED))
        {
            compare_setting("standardize", there, here, &mut different);
        }
        if different.is_empty() {
            for (what, here) in [("training", &self.training), ("validation", &self.validation)] {
                compare_rows(&format!("{what} rows"), content.member(what)?, here, &mut different);
            }
        }
        if different.is_empty() {
            return Ok(());
        }
        let different = different.join("; ");
        Err(format!(
            "is a checkpoint of other training; {different}; give the same settings and data, or start anew in another file"
        ))
    }
}

/// Of settings that belong together, only those that both have: that the others are there follows from another one.
fn compare_setting(name: &str, there: &Value, here: &Value, different: &mut Vec<String>) {
    if let (Value::Object(there), Value::Object(here)) = (there, here) {
        for (name, here) in here {
            there.get(name).into_iter().for_each(|there| compare_setting(name, there, here, different));
        }
    } else if there != here {
        different.push(format!("{name}: the checkpoint has {}, this run {}", plain(there), plain(here)));
    }
}

fn compare_rows(what: &str, there: &Value, here: &Value, different: &mut Vec<String>) {
    if there.get(ROWS) != here.get(ROWS) {
        let count = |rows: &Value| plain(rows.get(ROWS).unwrap_or(&Value::Null));
        different.push(format!("{what}: the checkpoint has {}, this run {}", count(there), count(here)));
    } else if there.get(HASH) != here.get(HASH) {
        different.push(format!("{what}: there are as many, but they hold other numbers"));
    }
}

/// A setting as a person reads it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::String(text) => text.clone(),
        other => other.to_string().trim_end_matches(".0").into(),
    }
}

/// Numbers that are not finite become null.
fn scores_to_json(scores: &Scores) -> Value {
    let figures: Map<String, Value> =
        scores.figures.named().into_iter().map(|(name, figure)| (name.to_string(), figure.into())).collect();
    json!([scores.objective, figures])
}

fn scores_from_json(json: &Value) -> Option<Scores> {
    let [objective, figures] = &json.as_array()?[..] else { return None };
    let figures = figures.as_object()?;
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let figures = Figures::from_named(|name| figures.get(name).map(number), f64::NAN);
    Some(Scores { objective: number(objective), figures })
}

/// The tensors whose names begin so, without that beginning.
fn under(prefix: &str, tensors: &[(String, Tensor)]) -> Vec<(String, Tensor)> {
    let named = |(name, value): &(String, Tensor)| Some((name.strip_prefix(prefix)?.to_string(), value.clone()));
    tensors.iter().filter_map(named).collect()
}

/// The values in the order and with the shapes of `fresh`.
fn fit(mut values: Vec<(String, Tensor)>, fresh: &[(String, Tensor)]) -> Result<Vec<(String, Tensor)>, String> {
    let fitted = fresh.iter().map(|(name, start)| {
        let index = values.iter().position(|(other, _)| other == name);
        let index = index.ok_or_else(|| format!("is damaged: `{name}` has no value"))?;
        let found = values.swap_remove(index);
        let checked = admission::check("parameter or state", name, &found.1, &reals(start.shape()));
        checked.map(|()| found).map_err(|error| format!("is damaged: {error}"))
    });
    fitted.collect()
}

/// The number of rows, a hash of what they hold, and whether that was standardised.
fn fingerprint(data: &Dataset) -> Value {
    let mut hash = Fingerprint::default();
    for (index, field) in data.fields().iter().enumerate() {
        hash.add(format!("{} {}\n", field.name, field.shape).as_bytes());
        data.values_at(index).iter().for_each(|value| hash.add(&value.to_le_bytes()));
    }
    json!({ ROWS: data.rows(), HASH: hash.to_string(), STANDARDIZED: data.is_standardized() })
}
