//! What a file with a trained model holds: how it was trained, its scores, its columns and words, its parameters.

use std::path::Path;

use chainrule::learn::{Field, SavedModel, Words};
use chainrule::{Tensor, text};

use crate::commands::fit::SCORES;
use crate::data::Loaded;
use crate::format;
use crate::json::{self, Object};

/// Parameters of more elements are told by what they span.
const WHOLE: usize = 24;

/// A trained model as comments, then its graph: the text parses back to the graph.
pub fn as_text(path: &Path, loaded: &Loaded) -> String {
    let saved = loaded.saved();
    let mut lines = vec![format!("{}: a trained model", path.display()), String::new(), "trained with".into()];
    let is_setting = |(name, value): &(&String, &serde_json::Value)| !is_nothing(value) && *name != SCORES;
    lines.extend(saved.settings.iter().filter(is_setting).map(|(name, value)| format!("  {name}: {}", plain(value))));
    if let Some(scores) = scores(saved) {
        lines.extend([String::new(), "scores".into()]);
        let figure = |value: &serde_json::Value| value.as_f64().map_or_else(|| plain(value), format::number);
        lines.extend(scores.iter().map(|(name, value)| format!("  {name}: {}", figure(value))));
    }
    lines.extend([String::new(), "columns".into()]);
    lines.extend(saved.fields.iter().flat_map(columns));
    let mut transformed: Vec<&str> = Vec::new();
    for name in saved.transforms.inputs() {
        // One may be filled in, and then standardised.
        if !transformed.contains(&name) {
            transformed.push(name);
        }
    }
    if !transformed.is_empty() {
        lines.push(format!("  transformed as in training: {}", transformed.join(", ")));
    }
    lines.extend([String::new(), "parameters".into()]);
    lines.extend(
        saved.parameters.iter().map(|(name, value)| format!("  {name} {} = {}", value.shape(), summary(value))),
    );
    let comments: String = lines.iter().map(|line| format!("# {line}").trim_end().to_string() + "\n").collect();
    format!("{comments}\n{}", text::print(&loaded.function))
}

/// The same as JSON, the parameters whole.
pub fn as_json(loaded: &Loaded) -> String {
    let saved = loaded.saved();
    let parameters =
        saved.parameters.iter().fold(Object::default(), |object, (name, value)| object.with(name, json::tensor(value)));
    let columns = saved.fields.iter().fold(Object::default(), |object, field| {
        object.with(&field.name, json::array(field.columns.iter().map(|column| json::text(column))))
    });
    let mut settings = saved.settings.clone();
    settings.shift_remove(SCORES);
    Object::default()
        .with("graph", json::text(&saved.graph))
        .with("settings", serde_json::Value::Object(settings))
        .with_some("scores", scores(saved).map(|scores| serde_json::Value::Object(scores.clone())))
        .with("columns", columns)
        .with("words", words(saved))
        .with("parameters", parameters)
        .to_string()
}

/// How well it did at the end of training.
fn scores(saved: &SavedModel) -> Option<&serde_json::Map<String, serde_json::Value>> {
    saved.settings.get(SCORES)?.as_object()
}

fn words(saved: &SavedModel) -> Object {
    let of = |field: &'_ Field| -> Vec<(String, Words)> {
        let named = field.reading.classes.iter().map(|classes| (field.name.clone(), classes.clone()));
        let words = field.reading.words.iter().map(|(column, words)| (column.clone(), words.clone()));
        named.chain(words).collect()
    };
    let all = saved.fields.iter().flat_map(of);
    all.fold(Object::default(), |object, (column, words)| {
        object.with(&column, json::array(words.words.iter().map(|word| json::text(word))))
    })
}

fn columns(field: &Field) -> Vec<String> {
    const MOST: usize = 12;
    let mut named = field.columns.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if field.columns.len() > MOST {
        named += &format!(", … {} in all", field.columns.len());
    }
    let mut lines = vec![format!("  {} {} from {named}", field.role, field.name)];
    for (column, words) in &field.reading.words {
        lines.push(format!("    the words of {column}: {}", listed(words)));
    }
    if let Some(classes) = &field.reading.classes {
        lines.push(format!("    the {} classes of {}: {}", classes.words.len(), field.name, listed(classes)));
    }
    lines
}

/// The words on one line.
fn listed(words: &Words) -> String {
    words.words.iter().map(|word| format::word(word)).collect::<Vec<_>>().join(", ")
}

fn is_nothing(value: &serde_json::Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// A small parameter whole, of a large one what its elements span.
pub fn summary(value: &Tensor) -> String {
    let elements = value.data();
    if elements.len() <= WHOLE {
        return json::nested(value, ", ", format::number);
    }
    let n = elements.len() as f64;
    let mean = elements.iter().sum::<f64>() / n;
    let deviation = (elements.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    let (least, greatest) =
        elements.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
    let [mean, deviation, least, greatest] = [mean, deviation, least, greatest].map(format::number);
    format!("mean {mean}, deviation {deviation}, from {least} to {greatest}")
}
