//! A model on disk: one safetensors file, with all that predicting from new data needs.
//!
//! The parameters are its tensors, in f64; its metadata hold one JSON object under the key `chainrule`, so that the same
//! model always gives the same bytes.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use chainrule_graph::{Kind, Shape, Tensor};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};
use serde_json::{Map, Value, json};

use crate::atomic;
use crate::dataset::{Field, Role};
use crate::error::LearnError;
use crate::transform::Transforms;

/// The version of the metadata that this code writes, and the newest it reads.
const VERSION: u64 = 1;
const KEY: &str = "chainrule";
/// The name that safetensors keeps for its metadata.
const RESERVED: &str = "__metadata__";

/// A trained model, as it is kept in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedModel {
    /// The function in the text form, all sizes numbers.
    pub graph: String,
    /// The inputs and outcomes as the data have them, before any transformation.
    pub fields: Vec<Field>,
    /// What is done to the inputs before the function sees them.
    pub transforms: Transforms,
    /// How it was trained, for whoever wants to know.
    pub settings: Map<String, Value>,
    /// The value of each parameter and state, in any order.
    pub parameters: Vec<(String, Tensor)>,
}

impl SavedModel {
    /// Writes the file, whole or not at all; the errors are those of [`atomic::write`], and a parameter whose name
    /// safetensors keeps for itself.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), LearnError> {
        let path = path.as_ref();
        let bytes = self.to_bytes().map_err(|problem| LearnError::file(path.display().to_string(), problem))?;
        atomic::write(path, &bytes)
    }

    /// Reads the file. Errors name it and say whether it is truncated, foreign, damaged or newer.
    pub fn load(path: impl AsRef<Path>) -> Result<SavedModel, LearnError> {
        let path = path.as_ref();
        let read = match fs::read(path) {
            Ok(bytes) => SavedModel::from_bytes(&bytes),
            Err(_) if path.is_dir() => Err("is a folder; a model file would be right".into()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err("there is no such file".into()),
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        read.map_err(|problem| LearnError::file(path.display().to_string(), problem))
    }

    fn to_bytes(&self) -> Result<Vec<u8>, String> {
        if self.parameters.iter().any(|(name, _)| name == RESERVED) {
            return Err(format!("cannot hold a parameter named `{RESERVED}`; choose another name"));
        }
        let metadata = json!({
            "version": VERSION,
            "graph": self.graph,
            "fields": self.fields.iter().map(field_to_json).collect::<Vec<_>>(),
            "transforms": self.transforms.to_json(),
            "settings": self.settings,
        });
        let metadata = HashMap::from([(KEY.to_string(), metadata.to_string())]);
        let bytes = |tensor: &Tensor| tensor.data().iter().flat_map(|entry| entry.to_le_bytes()).collect::<Vec<u8>>();
        let data: Vec<(&str, &Shape, Vec<u8>)> =
            self.parameters.iter().map(|(name, tensor)| (name.as_str(), tensor.shape(), bytes(tensor))).collect();
        let views = data
            .iter()
            .map(|(name, shape, bytes)| TensorView::new(Dtype::F64, shape.to_vec(), bytes).map(|view| (*name, view)));
        let views = views.collect::<Result<Vec<_>, _>>();
        let file = views.and_then(|views| safetensors::serialize(views, Some(metadata)));
        file.map_err(|error| format!("cannot be written as safetensors: {error}"))
    }

    fn from_bytes(bytes: &[u8]) -> Result<SavedModel, String> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| why_unreadable(bytes, &error))?;
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| why_unreadable(bytes, &error))?;
        let metadata = metadata.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
        let metadata = metadata.ok_or("is a safetensors file, but no model of chainrule")?;
        let damaged = || "is damaged: its metadata cannot be read".to_string();
        let metadata: Value = serde_json::from_str(metadata).map_err(|_| damaged())?;
        let version = metadata.get("version").and_then(Value::as_u64).ok_or_else(damaged)?;
        if version > VERSION {
            return Err(format!(
                "was written by a newer chainrule: its format is {version}, and this one reads up to {VERSION}"
            ));
        }
        let part = |key: &str| metadata.get(key).ok_or_else(damaged);
        let fields = part("fields")?.as_array().and_then(|fields| fields.iter().map(field_from_json).collect());
        Ok(SavedModel {
            graph: part("graph")?.as_str().ok_or_else(damaged)?.to_string(),
            fields: fields.ok_or_else(damaged)?,
            transforms: Transforms::from_json(part("transforms")?).ok_or_else(damaged)?,
            settings: part("settings")?.as_object().cloned().ok_or_else(damaged)?,
            parameters: parameters(&tensors)?,
        })
    }
}

/// The tensors by name, in the order of the names.
fn parameters(tensors: &SafeTensors<'_>) -> Result<Vec<(String, Tensor)>, String> {
    let mut views: Vec<(&str, TensorView<'_>)> = tensors.iter().collect();
    views.sort_by_key(|(name, _)| *name);
    let read = |(name, view): (&str, TensorView<'_>)| {
        if view.dtype() != Dtype::F64 {
            return Err(format!("holds `{name}` as {}; F64 would be right", view.dtype()));
        }
        let entries = view.data().chunks_exact(8).map(|entry| f64::from_le_bytes(entry.try_into().unwrap_or_default()));
        let tensor = Tensor::new(view.shape(), entries.collect());
        let tensor = tensor.ok_or_else(|| format!("is damaged: `{name}` has not the entries of its shape"))?;
        Ok((name.to_string(), tensor))
    };
    views.into_iter().map(read).collect()
}

/// What is wrong with a file that is no whole safetensors file: it begins with the length of its header in eight bytes, and
/// with the header, JSON that begins with a brace.
fn why_unreadable(bytes: &[u8], error: &SafeTensorError) -> String {
    let begins = |text: &[u8]| bytes.get(8..).is_some_and(|header| header.starts_with(text));
    let cut_in_header = matches!(error, SafeTensorError::InvalidHeaderLength) && begins(b"{\"__metadata__\"");
    match error {
        _ if bytes.is_empty() => "is empty; a model file would be right".into(),
        SafeTensorError::MetadataIncompleteBuffer => "is truncated, or goes on after its end".into(),
        _ if cut_in_header => "is truncated".into(),
        _ if begins(b"{") => format!("is damaged, or no model of chainrule: {error}"),
        _ => "is no model of chainrule: it is not a safetensors file".into(),
    }
}

fn field_to_json(field: &Field) -> Value {
    json!({
        "name": field.name,
        "role": field.role.to_string(),
        "kind": field.kind.to_string(),
        "bound": field.bound,
        "shape": field.shape.to_vec(),
        "columns": field.columns,
    })
}

fn field_from_json(json: &Value) -> Option<Field> {
    let text = |value: &Value| value.as_str().map(str::to_string);
    let number = |value: &Value| usize::try_from(value.as_u64()?).ok();
    let role = match json.get("role")?.as_str()? {
        "input" => Role::Input,
        "outcome" => Role::Outcome,
        _ => return None,
    };
    let kind = match json.get("kind")?.as_str()? {
        "real" => Kind::Real,
        "int" => Kind::Int,
        _ => return None,
    };
    let bound = match json.get("bound")? {
        Value::Null => None,
        bound => Some(number(bound)?),
    };
    let shape: Shape = json.get("shape")?.as_array()?.iter().map(number).collect::<Option<_>>()?;
    let columns: Vec<String> = json.get("columns")?.as_array()?.iter().map(text).collect::<Option<_>>()?;
    let name = text(json.get("name")?)?;
    (shape.checked_size() == Some(columns.len())).then_some(Field { name, role, kind, bound, shape, columns })
}
