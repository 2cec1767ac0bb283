//! Named tensors with one JSON object, in a file or as its bytes: safetensors, all in f64. Models and checkpoints are
//! kept so.
//!
//! The object stands in the metadata under one key, so that the same content always gives the same bytes.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use chainrule_graph::{Shape, Tensor};
use safetensors::tensor::{Dtype, Metadata, SafeTensorError, SafeTensors, TensorView};
use serde_json::{Map, Value};

use crate::atomic;
use crate::error::LearnError;
use crate::half::half;

/// The name that safetensors keeps for its metadata.
const RESERVED: &str = "__metadata__";

/// What to do about a file that is not whole.
const AGAIN: &str = "take it from a backup, or write it anew";

/// A kind of file.
pub(crate) struct FileFormat {
    /// What messages call it: `model`.
    pub what: &'static str,
    /// The key of its object in the metadata.
    pub key: &'static str,
    /// The version that this code writes, and the newest it reads.
    pub version: u64,
}

/// What a file holds.
pub(crate) struct Content {
    /// The object.
    pub object: Map<String, Value>,
    /// The tensors, in the order of their names when read.
    pub tensors: Vec<(String, Tensor)>,
}

impl FileFormat {
    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// Those of [`atomic::write`], and a name that safetensors keeps for itself.
    pub fn save(&self, path: &Path, content: Content) -> Result<(), LearnError> {
        atomic::write(path, &self.encode(&path.display().to_string(), content)?)
    }

    /// Reads the file with `read`.
    ///
    /// # Errors
    /// They name the file: it cannot be read, or is truncated, foreign, damaged or newer; and what `read` says.
    pub fn load<T>(&self, path: &Path, read: impl FnOnce(Content) -> Result<T, String>) -> Result<T, LearnError> {
        self.decode(&path.display().to_string(), &self.bytes(path)?, read)
    }

    /// The bytes of a file of this kind, or of one that is taken in its place.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn bytes(&self, path: &Path) -> Result<Vec<u8>, LearnError> {
        let problem = match fs::read(path) {
            Ok(bytes) => return Ok(bytes),
            Err(_) if path.is_dir() => format!("is a folder; a {} file would be right", self.what),
            Err(error) if error.kind() == ErrorKind::NotFound => "there is no such file".into(),
            Err(error) => format!("cannot be read: {error}"),
        };
        Err(LearnError::file(path.display().to_string(), problem))
    }

    /// The bytes of the file. Messages call it `file`.
    ///
    /// # Errors
    /// A name that safetensors keeps for itself.
    pub fn encode(&self, file: &str, content: Content) -> Result<Vec<u8>, LearnError> {
        self.serialized(content).map_err(|problem| LearnError::file(file, problem))
    }

    /// Reads the bytes of a file with `read`. Messages call it `file`.
    ///
    /// # Errors
    /// The bytes are truncated, foreign, damaged or newer; and what `read` says.
    pub fn decode<T>(
        &self,
        file: &str,
        bytes: &[u8],
        read: impl FnOnce(Content) -> Result<T, String>,
    ) -> Result<T, LearnError> {
        self.content(bytes).and_then(read).map_err(|problem| LearnError::file(file, problem))
    }

    fn serialized(&self, Content { object, tensors }: Content) -> Result<Vec<u8>, String> {
        if tensors.iter().any(|(name, _)| name == RESERVED) {
            return Err(format!("cannot hold a parameter named `{RESERVED}`; choose another name"));
        }
        let object: Map<String, Value> =
            [("version".to_string(), self.version.into())].into_iter().chain(object).collect();
        let metadata = [(self.key.to_string(), Value::Object(object).to_string())].into_iter().collect();
        let bytes =
            |tensor: &Tensor| tensor.data().iter().flat_map(|element| element.to_le_bytes()).collect::<Vec<u8>>();
        let data: Vec<(&str, &Shape, Vec<u8>)> =
            tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.shape(), bytes(tensor))).collect();
        let views = data
            .iter()
            .map(|(name, shape, bytes)| TensorView::new(Dtype::F64, shape.to_vec(), bytes).map(|view| (*name, view)));
        let views = views.collect::<Result<Vec<_>, _>>();
        let file = views.and_then(|views| safetensors::serialize(views, Some(metadata)));
        file.map_err(|error| format!("cannot be written as safetensors: {error}"))
    }

    fn content(&self, bytes: &[u8]) -> Result<Content, String> {
        let what = self.what;
        let file = SafeTensors::deserialize(bytes).map_err(|error| self.why_unreadable(bytes, &error))?;
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| self.why_unreadable(bytes, &error))?;
        let object = self.object(&metadata)?;
        let object = object.ok_or_else(|| format!("is a safetensors file, but no {what} of chainrule"))?;
        if let Some((name, view)) = file.iter().find(|(_, view)| view.dtype() != Dtype::F64) {
            return Err(format!("holds `{name}` as {}; F64 would be right", view.dtype()));
        }
        Ok(Content { object, tensors: tensors(&file)? })
    }

    /// The object of a file of this kind in the metadata of a safetensors file; of any other file there is none.
    ///
    /// # Errors
    /// It is damaged or newer.
    pub fn object(&self, metadata: &Metadata) -> Result<Option<Map<String, Value>>, String> {
        let Some(text) = metadata.metadata().as_ref().and_then(|metadata| metadata.get(self.key)) else {
            return Ok(None);
        };
        let Ok(Value::Object(object)) = serde_json::from_str(text) else { return Err(damaged()) };
        let version = object.get("version").and_then(Value::as_u64).ok_or_else(damaged)?;
        if version > self.version {
            return Err(format!(
                "was written by a newer chainrule: its format is {version}, and this one reads up to {}",
                self.version
            ));
        }
        Ok(Some(object))
    }

    /// What is wrong with a file that is no whole safetensors file: it begins with the length of its header in eight
    /// bytes, and with the header, JSON that begins with a brace.
    pub fn why_unreadable(&self, bytes: &[u8], error: &SafeTensorError) -> String {
        let what = self.what;
        let begins = |text: &[u8]| bytes.get(8..).is_some_and(|header| header.starts_with(text));
        let cut_in_header = matches!(error, SafeTensorError::InvalidHeaderLength) && begins(b"{\"__metadata__\"");
        match error {
            _ if bytes.is_empty() => format!("is empty; a {what} file would be right"),
            SafeTensorError::MetadataIncompleteBuffer => format!("is truncated, or goes on after its end; {AGAIN}"),
            _ if cut_in_header => format!("is truncated; {AGAIN}"),
            _ if begins(b"{") => format!("is damaged, or no {what} of chainrule: {error}; {AGAIN}"),
            _ => format!("is no {what} of chainrule: it is not a safetensors file, which a trained model is"),
        }
    }
}

impl Content {
    /// A member of the object, or the problem that it is not there.
    pub fn member(&self, key: &str) -> Result<&Value, String> {
        self.object.get(key).ok_or_else(damaged)
    }
}

/// What is said of an object that is not what was once written.
pub(crate) fn damaged() -> String {
    format!("is damaged: its metadata cannot be read; {AGAIN}")
}

/// The tensors of a safetensors file, of numbers of any type, in the order of their names.
///
/// # Errors
/// One of something else than numbers.
pub(crate) fn tensors(file: &SafeTensors<'_>) -> Result<Vec<(String, Tensor)>, String> {
    let mut views: Vec<(&str, TensorView<'_>)> = file.iter().collect();
    views.sort_by_key(|(name, _)| *name);
    views.into_iter().map(|(name, view)| Ok((name.to_string(), tensor(name, &view)?))).collect()
}

/// The numbers of a tensor of any type.
fn tensor(name: &str, view: &TensorView<'_>) -> Result<Tensor, String> {
    fn read<const N: usize>(view: &TensorView<'_>, number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
        view.data().as_chunks::<N>().0.iter().map(|&bytes| number(bytes)).collect()
    }
    let elements = match view.dtype() {
        Dtype::F64 => read(view, f64::from_le_bytes),
        Dtype::F32 => read(view, |bytes| f64::from(f32::from_le_bytes(bytes))),
        Dtype::F16 => read(view, |bytes| half(u16::from_le_bytes(bytes))),
        // The upper half of a number in 32 bits
        Dtype::BF16 => read(view, |[low, high]| f64::from(f32::from_le_bytes([0, 0, low, high]))),
        Dtype::I64 => read(view, |bytes| i64::from_le_bytes(bytes) as f64),
        Dtype::U64 => read(view, |bytes| u64::from_le_bytes(bytes) as f64),
        Dtype::I32 => read(view, |bytes| f64::from(i32::from_le_bytes(bytes))),
        Dtype::U32 => read(view, |bytes| f64::from(u32::from_le_bytes(bytes))),
        Dtype::I16 => read(view, |bytes| f64::from(i16::from_le_bytes(bytes))),
        Dtype::U16 => read(view, |bytes| f64::from(u16::from_le_bytes(bytes))),
        Dtype::I8 => read(view, |[byte]| f64::from(byte as i8)),
        Dtype::U8 | Dtype::BOOL => read(view, |[byte]| f64::from(byte)),
        other => return Err(format!("holds `{name}` as {other}, of which there is no number here")),
    };
    Tensor::new(view.shape(), elements).map_err(|_| format!("is damaged: `{name}` has not the elements of its shape"))
}
