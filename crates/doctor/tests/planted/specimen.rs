//! A model with a table and options: a healthy one, or one that was broken.

use chainrule_doctor::{Case, Cause, Run};
use chainrule_graph::text::{self, Dim, Registry};
use chainrule_learn::{DataFile, Dataset, FieldDeclaration, Selection, predictions};

use crate::arguments::Arguments;
use crate::tables::Columns;

/// How good predictions are said to be: 0 is perfect, 1 as good as the best constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// The mean squared error over the variance of the outcome.
    Unexplained,
    /// The mean over the classes of the share of rows that are taken for another, over that of a constant; of one number,
    /// the upper class is meant from this one up, of several the place of the greatest.
    Classes(f64),
}

/// A model with a table and options.
#[derive(Clone, Debug)]
pub struct Specimen {
    /// What it is called.
    pub name: String,
    /// The model.
    pub text: String,
    /// The table.
    pub columns: Columns,
    /// The options of training.
    pub arguments: Arguments,
    /// The columns of the outcome.
    pub outcomes: Vec<String>,
    /// How good it is.
    pub measure: Measure,
    /// On which rows that is measured; none is those of the table.
    pub measured_on: Option<Columns>,
    /// What it reaches with any seed.
    pub at_most: f64,
}

/// A specimen that was broken.
pub struct Fault {
    /// What was done.
    pub cause: Cause,
    /// Other causes that may be named, with the run that shows that their remedy mends it, too.
    pub acceptable: Vec<(Cause, Specimen)>,
    /// The nodes, settings and columns that are guilty; one of them is enough.
    pub places: Vec<&'static str>,
    /// As it is.
    pub faulty: Specimen,
    /// As it would be.
    pub healthy: Specimen,
}

impl Specimen {
    /// A healthy model that reaches at most so much with any seed.
    pub fn new(name: &str, outcome: &str, at_most: f64, columns: Columns, arguments: &str, text: &str) -> Specimen {
        Specimen {
            name: name.into(),
            text: text.trim_start().into(),
            columns,
            arguments: Arguments::new(arguments),
            outcomes: outcome.split_whitespace().map(String::from).collect(),
            measure: Measure::Unexplained,
            measured_on: None,
            at_most,
        }
    }

    /// A classifier: of one number, the upper class is meant from this one up.
    pub fn of_classes(self, above: f64) -> Specimen {
        Specimen { measure: Measure::Classes(above), ..self }
    }

    /// With something in the model written anew, wherever it stands.
    pub fn text(self, old: &str, new: &str) -> Specimen {
        assert!(self.text.contains(old), "{}: there is no `{old}` in the model", self.name);
        Specimen { text: self.text.replace(old, new), ..self }
    }

    /// Called otherwise.
    pub fn renamed(self, name: &str) -> Specimen {
        Specimen { name: name.into(), ..self }
    }

    /// With options set, or set otherwise.
    pub fn set(self, arguments: &str) -> Specimen {
        Specimen { arguments: self.arguments.with(arguments), ..self }
    }

    /// Without an option.
    pub fn unset(self, name: &str) -> Specimen {
        Specimen { arguments: self.arguments.without(name), ..self }
    }

    /// With another table.
    pub fn table(self, made: impl FnOnce(Columns) -> Columns) -> Specimen {
        Specimen { columns: made(self.columns), ..self }
    }

    /// Measured on these rows.
    pub fn on(self, columns: Columns) -> Specimen {
        Specimen { measured_on: Some(columns), ..self }
    }

    /// Broken.
    pub fn broken(
        &self,
        cause: Cause,
        name: &str,
        places: &[&'static str],
        broken: impl FnOnce(Specimen) -> Specimen,
    ) -> Fault {
        let healthy = self.clone();
        let faulty = broken(Specimen { name: format!("{}-{name}", self.name), ..self.clone() });
        Fault { cause, acceptable: Vec::new(), places: places.to_vec(), faulty, healthy }
    }

    /// The rows of a table, as the model declares them, and its sizes with those that the table binds.
    fn rows_of(&self, columns: &Columns) -> (Dataset, Vec<(String, f64)>) {
        let complain = |error: String| -> ! { panic!("{}: {error}\n{}", self.name, self.text) };
        let model = text::parse(&self.text).unwrap_or_else(|mistake| complain(mistake.to_string()));
        let declarations = FieldDeclaration::all_of(&model);
        let mut known = Vec::new();
        for dim in declarations.iter().flat_map(|declaration| &declaration.dims) {
            if let (Dim::Size(name), Ok(Some(size))) = (dim, model.resolve(dim, &Default::default())) {
                known.push((name.clone(), size));
            }
        }
        let file = DataFile::from_bytes("the table", columns.csv().into_bytes(), None);
        let file = file.unwrap_or_else(|error| complain(error.to_string()));
        let assigned = file.assign(&declarations, &Selection::default(), &known);
        let assigned = assigned.unwrap_or_else(|error| complain(error.to_string()));
        let sizes: Vec<(String, f64)> =
            assigned.sizes.iter().map(|(name, size)| (name.clone(), *size as f64)).collect();
        let function = model.build(&sizes.iter().cloned().collect());
        let function = function.unwrap_or_else(|mistake| complain(mistake.render(&self.text, &self.name, false)));
        let rows = assigned.dataset(&function).unwrap_or_else(|error| complain(error.to_string()));
        (rows, sizes)
    }

    /// What the doctor is given.
    pub fn case(&self, seed: u64) -> Case<'static> {
        let (rows, sizes) = self.rows_of(&self.columns);
        let (training, validation) = match self.arguments.held_out() {
            None => (rows, None),
            Some(share) => {
                let (training, validation) = rows.split(share, seed).expect("the share is one");
                (training, Some(validation))
            }
        };
        Case {
            source: self.text.clone(),
            registry: Registry::new(),
            sizes: sizes.into_iter().collect(),
            training,
            validation,
            scaling: self.arguments.scaling(),
            settings: self.arguments.training(seed),
        }
    }

    /// How good it is once it is trained; infinite where training fails.
    pub fn measured(&self, seed: u64) -> f64 {
        let case = self.case(seed);
        let run = Run::of(&case, None).unwrap_or_else(|error| panic!("{}: {error}\n{}", self.name, self.text));
        if run.failure.is_some() {
            return f64::INFINITY;
        }
        let columns = self.measured_on.as_ref().unwrap_or(&self.columns);
        let (raw, _) = self.rows_of(columns);
        let predicted = run.transforms.apply(&raw).and_then(|rows| predictions(&run.function, &run.end, &rows));
        let predicted = predicted.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let predicted = run.transforms.undone(&run.function, predicted);
        match self.measure {
            Measure::Unexplained => unexplained(predicted.data(), columns, &self.outcomes),
            Measure::Classes(above) => class_error(predicted.data(), columns.values(&self.outcomes[0]), above),
        }
    }
}

impl Fault {
    /// Another cause may be named, since the same change mends both.
    pub fn or(mut self, cause: Cause) -> Fault {
        self.acceptable.push((cause, self.healthy.clone()));
        self
    }

    /// Another cause may be named, since its remedy mends the run.
    pub fn or_by(mut self, cause: Cause, mended: impl FnOnce(Specimen) -> Specimen) -> Fault {
        self.acceptable.push((cause, mended(self.faulty.clone())));
        self
    }

    /// The healthy run is another.
    pub fn healed(mut self, healed: impl FnOnce(Specimen) -> Specimen) -> Fault {
        self.healthy = healed(self.healthy);
        self
    }

    /// The healthy run is the faulty one with a change.
    pub fn mended(mut self, mended: impl FnOnce(Specimen) -> Specimen) -> Fault {
        self.healthy = mended(self.faulty.clone());
        self
    }

    /// Both are measured on these rows.
    pub fn on(mut self, columns: &Columns) -> Fault {
        self.healthy = self.healthy.on(columns.clone());
        self.faulty = self.faulty.on(columns.clone());
        for (_, mended) in &mut self.acceptable {
            mended.measured_on = Some(columns.clone());
        }
        self
    }
}

/// The squared error over that of the mean of each outcome.
fn unexplained(predicted: &[f64], columns: &Columns, outcomes: &[String]) -> f64 {
    let (mut error, mut spread) = (0.0, 0.0);
    for (index, name) in outcomes.iter().enumerate() {
        let values = columns.values(name);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        // A prediction for all rows counts for each of its elements.
        let width = predicted.len() / values.len();
        let prediction = |row: usize| predicted[row * width + index.min(width - 1)];
        error += values.iter().enumerate().map(|(row, y)| (prediction(row) - y).powi(2)).sum::<f64>();
        spread += values.iter().map(|y| (y - mean).powi(2)).sum::<f64>();
    }
    if error.is_finite() { error / spread } else { f64::INFINITY }
}

/// The mean over the classes of the share of rows that are taken for another, over that of a constant.
fn class_error(predicted: &[f64], classes: &[f64], above: f64) -> f64 {
    if predicted.iter().any(|value| !value.is_finite()) {
        return f64::INFINITY;
    }
    let width = predicted.len() / classes.len();
    let highest = classes.iter().copied().fold(0.0, f64::max) as usize;
    let taken = |row: usize| match &predicted[row * width..][..width] {
        // Of more than two classes, the nearest number.
        [value] if highest > 1 => value.round().clamp(0.0, highest as f64) as usize,
        [value] => usize::from(*value >= above),
        several => (0..width).fold(0, |best, place| if several[place] > several[best] { place } else { best }),
    };
    let (mut rows, mut wrong) = (vec![0.0; highest + 1], vec![0.0; highest + 1]);
    for (row, &class) in classes.iter().enumerate() {
        rows[class as usize] += 1.0;
        wrong[class as usize] += f64::from(u8::from(taken(row) != class as usize));
    }
    let present = rows.iter().filter(|&&count| count > 0.0).count() as f64;
    let shares = rows.iter().zip(&wrong).filter(|(count, _)| **count > 0.0).map(|(count, wrong)| wrong / count);
    shares.sum::<f64>() / present / (1.0 - 1.0 / present)
}
