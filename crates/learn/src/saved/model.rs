//! A model on disk: one safetensors file, with all that predicting from new data needs.

use std::collections::BTreeMap;
use std::path::Path;

use chainrule_graph::{Function, Kind, NodeId, Shape, Tensor, text};
use serde_json::{Map, Value, json};

use crate::data::dataset::Dataset;
use crate::data::field::{Field, Role};
use crate::data::reading::Reading;
use crate::data::transform::Transforms;
use crate::data::words::Words;
use crate::error::{LearnError, list, quote};
use crate::evaluation::scoring::Scoring;
use crate::parameters::Parameters;
use crate::saved::tensor_file::{Content, FileFormat, damaged};

pub(crate) const FORMAT: FileFormat = FileFormat { what: "model", key: "chainrule", version: 1 };

/// A trained model, as it is kept in a file: with all that predicting from new data needs.
///
/// ```
/// use chainrule_graph::text;
/// use chainrule_learn::{Dataset, Field, Parameters, Predictor, SavedModel, Table, Training, Transforms, predictions};
///
/// let graph = "input x []\noutcome y []\nparam w [] = 3\nprediction = w * x\nobjective = (prediction - y)^2\n";
/// let function = text::parse(graph)?.build(&Default::default())?;
/// let fields = [Field::of(&function, "x")?, Field::of(&function, "y")?];
/// let rows = Dataset::new("the rows", 2, fields.into_iter().zip([vec![1.0, 2.0], vec![3.0, 6.0]]))?;
/// let parameters = Parameters::initialize(&function, 0)?; // and trained
/// let settings = Training::default().settings();
/// let saved = SavedModel::new(&function, &parameters, &rows, Transforms::new(), settings)?;
/// let bytes = saved.to_bytes()?; // what `save` writes
///
/// // Elsewhere: one new row, or a table of them
/// let saved = SavedModel::from_bytes("the model", &bytes)?;
/// assert_eq!(Predictor::new(&saved)?.session().predict(&[-1.0])?.value(), -3.0);
/// let function = saved.function()?;
/// let parameters = Parameters::from_values(&function, saved.parameters)?;
/// let rows = Table::from_bytes("new.csv", b"x\n2\n-1\n".to_vec())?;
/// let rows = saved.transforms.apply(&Dataset::read(&rows, &saved.fields[..1])?)?;
/// assert_eq!(predictions(&function, &parameters, &rows)?.data(), [6.0, -3.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

/// Where the settings keep the labels of the classes that it predicts, or that it scores.
const LABELS: &str = "labels";

impl SavedModel {
    /// Of a function that was trained on rows, as the data have them before `transforms`. `settings` are such as
    /// [`Training::settings`](crate::Training::settings) says, and anything else that one wants to know of it later.
    ///
    /// # Errors
    /// The rows lack an outcome of the function.
    pub fn new(
        function: &Function,
        parameters: &Parameters,
        rows: &Dataset,
        transforms: Transforms,
        settings: Map<String, Value>,
    ) -> Result<SavedModel, LearnError> {
        let scoring = Scoring::of(function, rows)?;
        Ok(SavedModel::of(function, parameters, rows.fields().to_vec(), transforms, settings, &scoring))
    }

    /// The same from the fields of the rows, as the data have them before `transforms`, and what predictions were scored by.
    pub fn of(
        function: &Function,
        parameters: &Parameters,
        fields: Vec<Field>,
        transforms: Transforms,
        mut settings: Map<String, Value>,
        scoring: &Scoring,
    ) -> SavedModel {
        settings.insert(LABELS.into(), json!(scoring.kept_labels()));
        SavedModel {
            graph: text::print(function),
            fields,
            transforms,
            settings,
            parameters: parameters.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
        }
    }

    /// Its function, all sizes bound.
    ///
    /// # Errors
    /// The text is no graph, or its inputs and outcomes are others than those of the data: see [`SavedModel::check`].
    pub fn function(&self) -> Result<Function, LearnError> {
        let fault = |problem: text::Diagnostic| LearnError::Setting { name: "the graph", problem: problem.to_string() };
        let function = text::parse(&self.graph).and_then(|model| model.build(&BTreeMap::new())).map_err(fault)?;
        self.check(&function)?;
        Ok(function)
    }

    /// What predictions of its function are scored by, and what they mean, as in training.
    pub fn scoring(&self, function: &Function) -> Scoring {
        let numbers = |labels: &Value| labels.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>();
        Scoring::with_labels(function, self.settings.get(LABELS).and_then(numbers).as_deref())
    }

    /// Whether it was trained in 32 bits.
    pub fn is_in_f32(&self) -> bool {
        self.settings.get("precision").is_some_and(|precision| precision == "f32")
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// Those of [`atomic::write`](crate::atomic::write), and a parameter whose name safetensors keeps for itself.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), LearnError> {
        FORMAT.save(path.as_ref(), self.content())
    }

    /// Reads the file.
    ///
    /// # Errors
    /// They name the file: it cannot be read, or is truncated, foreign, damaged or newer.
    pub fn load(path: impl AsRef<Path>) -> Result<SavedModel, LearnError> {
        FORMAT.load(path.as_ref(), SavedModel::from_content)
    }

    /// The bytes that [`SavedModel::save`] writes.
    ///
    /// # Errors
    /// A parameter has a name that safetensors keeps for itself.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LearnError> {
        FORMAT.encode("the model", self.content())
    }

    /// Reads the bytes of a file. Messages call it `file`.
    ///
    /// # Errors
    /// The bytes are truncated, foreign, damaged or newer.
    pub fn from_bytes(file: &str, bytes: &[u8]) -> Result<SavedModel, LearnError> {
        FORMAT.decode(file, bytes, SavedModel::from_content)
    }

    fn content(&self) -> Content {
        let object = [
            ("graph", self.graph.clone().into()),
            ("fields", self.fields.iter().map(field_to_json).collect()),
            ("transforms", self.transforms.to_json()),
            ("settings", Value::Object(self.settings.clone())),
        ];
        let object = object.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
        Content { object, tensors: self.parameters.clone() }
    }

    /// What a file holds, or what is wrong with it.
    fn from_content(content: Content) -> Result<SavedModel, String> {
        let fields = content.member("fields")?.as_array();
        let fields = fields.and_then(|fields| fields.iter().map(field_from_json).collect());
        let fields: Vec<Field> = fields.ok_or_else(damaged)?;
        let transforms = Transforms::from_json(content.member("transforms")?).ok_or_else(damaged)?;
        for field in &fields {
            transforms.shape(&field.name, &field.shape).map_err(|error| format!("{}: {error}", damaged()))?;
        }
        let is_there = |name: &str| fields.iter().any(|field| field.name == name);
        if let Some(name) = transforms.inputs().find(|name| !is_there(name)) {
            return Err(format!("{}: it transforms {}, which is no input or outcome of it", damaged(), quote(name)));
        }
        Ok(SavedModel {
            graph: content.member("graph")?.as_str().ok_or_else(damaged)?.to_string(),
            fields,
            transforms,
            settings: content.member("settings")?.as_object().cloned().ok_or_else(damaged)?,
            parameters: content.tensors,
        })
    }

    /// Whether the inputs and outcomes, once transformed, are those of the function.
    ///
    /// # Errors
    /// They are others, in another order, or of other shapes or kinds.
    pub fn check(&self, function: &Function) -> Result<(), LearnError> {
        for (role, ids) in [(Role::Input, &function.inputs), (Role::Outcome, &function.outcomes)] {
            let fields: Vec<&Field> = self.fields.iter().filter(|field| field.role == role).collect();
            let names = |&id: &NodeId| function.name(id);
            if !ids.iter().map(names).eq(fields.iter().map(|field| field.name.as_str())) {
                let problem = format!("are not those of the graph: its {role}s are {}", list(ids.iter().map(names)));
                return Err(LearnError::Setting { name: "the columns", problem });
            }
            for (field, &id) in fields.into_iter().zip(ids) {
                let shape = self.transforms.shape(&field.name, &field.shape)?;
                Field { shape, ..field.clone() }.check(function, id)?;
            }
        }
        Ok(())
    }
}

fn field_to_json(field: &Field) -> Value {
    let mut json = json!({
        "name": field.name,
        "role": field.role.to_string(),
        "kind": field.kind.to_string(),
        "bound": field.bound,
        "shape": field.shape.to_vec(),
        "columns": field.columns,
    });
    let Reading { words, classes, fills } = &field.reading;
    if !words.is_empty() {
        let words = words.iter().map(|(column, words)| (column.clone(), words.to_json()));
        json["words"] = Value::Object(words.collect());
    }
    if let Some(classes) = classes {
        json["classes"] = classes.to_json();
    }
    if *fills {
        json["fills"] = true.into();
    }
    json
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
        "bool" => Kind::Bool,
        _ => return None,
    };
    let bound = match json.get("bound")? {
        Value::Null => None,
        bound => Some(number(bound)?),
    };
    let shape: Shape = json.get("shape")?.as_array()?.iter().map(number).collect::<Option<_>>()?;
    let columns: Vec<String> = json.get("columns")?.as_array()?.iter().map(text).collect::<Option<_>>()?;
    let name = text(json.get("name")?)?;
    let words = match json.get("words") {
        None => BTreeMap::new(),
        Some(words) => {
            let words = words.as_object()?.iter();
            words.map(|(column, words)| Some((column.clone(), Words::from_json(words)?))).collect::<Option<_>>()?
        }
    };
    let classes = match json.get("classes") {
        None => None,
        Some(classes) => Some(Words::from_json(classes)?),
    };
    let fills = json.get("fills").is_some_and(|fills| *fills == Value::Bool(true));
    let field = Field { name, role, kind, bound, shape, columns, reading: Reading { words, classes, fills } };
    (field.shape.checked_size() == Some(field.width())).then_some(field)
}
