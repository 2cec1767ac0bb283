//! All that is known of a run before anything is tried.

use std::ops::Range;

use chainrule_graph::{Function, Initializer, NodeId, Tensor, Value};
use chainrule_learn::{Dataset, Field, LearnError, Parameters, Role};

use crate::baselines::Baselines;
use crate::budget::Shortened;
use crate::case::{Case, CaseError, span_of};
use crate::measure::Measured;
use crate::observation::Observation;
use crate::run::Run;
use crate::structure::Structure;
use crate::task::Task;

/// By which deviations parameters are drawn: large ones saturate beside large inputs, small ones hardly move anything.
const DRAWS: [f64; 4] = [0.5, 0.1, 0.01, 1e-3];

/// On rows kept from training a small model is far better if it leaves so much less unexplained.
const MUCH_LESS: f64 = 0.4;

/// All that is known of a run before anything is tried.
pub struct Evidence<'e, 'c> {
    /// What is examined.
    pub case: &'e Case<'c>,
    /// What of it was left out.
    pub shortened: Shortened,
    /// What is learned, if that can be said.
    pub task: Option<Task>,
    /// The run as it is.
    pub run: Run,
    /// The same with a part of the rows held out, another each time; where rows are validated on already, once with those.
    pub held_out: Vec<HeldOut<'c>>,
    /// What small models reach.
    pub baselines: Option<Baselines>,
    /// What the graph says.
    pub structure: Structure,
    /// Every node before the first step.
    pub start: Observation,
    /// Every node at the end.
    pub end: Observation,
    /// Every node with parameters drawn from a normal distribution, several times: what is the same in every row each time is
    /// so by its making.
    pub drawn: Vec<Observation>,
}

impl<'e, 'c> Evidence<'e, 'c> {
    /// Trains, and looks at everything.
    ///
    /// # Errors
    /// A mistake in the model or the data.
    pub fn of(case: &'e Case<'c>, shortened: Shortened) -> Result<Evidence<'e, 'c>, CaseError> {
        let function = case.function()?;
        let task = Task::of(&function, &case.training)?;
        let run = Run::of(case, task.as_ref())?;
        let held_out = HeldOut::all_of(case, task.as_ref(), &run);
        let baselines = match &task {
            Some(task) => Baselines::of(task, &case.training)?,
            None => None,
        };
        let start = Observation::of(&run.function, &run.start, &run.training);
        let end = Observation::of(&run.function, &run.end, &run.training);
        let draws = DRAWS.iter().enumerate().map(|(seed, &std)| drawn(&run.function, std, seed as u64));
        let draws = draws.collect::<Result<Vec<_>, _>>()?;
        let drawn = draws.iter().map(|parameters| Observation::of(&run.function, parameters, &run.training)).collect();
        let target = task.as_ref().and_then(|task| run.function.graph.find(&task.target));
        let structure = Structure::of(&run.function, target.map(|value| value.node));
        Ok(Evidence { case, shortened, task, run, held_out, baselines, structure, start, end, drawn })
    }

    /// The share of the fall of the objective that is in the last fifth of the run; none if it did not fall, or
    /// was looked at a few times only.
    pub fn falling(&self) -> Option<f64> {
        const LEAST: usize = 6;
        let history = Some(&self.run.history).filter(|history| history.len() >= LEAST)?;
        let objective = |index: usize| history.get(index).map(|epoch| epoch.train.objective);
        let (first, late, last) =
            (objective(0)?, objective(history.len() * 4 / 5)?, objective(history.len().checked_sub(1)?)?);
        (first > last).then(|| (late - last) / (first - last))
    }

    /// Whether the run was ended early to be quick, and was getting better still: what it comes to is not known.
    pub fn is_unfinished(&self) -> bool {
        const STILL: f64 = 0.05;
        self.shortened.steps.is_some() && self.falling().is_none_or(|share| share > STILL)
    }

    /// The function of one example.
    pub fn function(&self) -> &Function {
        &self.run.function
    }

    /// The rows to train on, as the file has them.
    pub fn rows(&self) -> &Dataset {
        &self.case.training
    }

    /// What is left unexplained by the run on the rows that it was trained on; infinite if it failed or that can't be said.
    pub fn unexplained(&self) -> f64 {
        self.run.measured.map_or(f64::INFINITY, |measured| measured.unexplained)
    }

    /// What the better of the small models leaves unexplained on rows that it was not trained on; at most 1, which is what
    /// the best constant leaves.
    pub fn attainable(&self) -> Option<Measured> {
        self.baselines.map(|baselines| baselines.best())
    }

    /// What can't be explained for all that is known: of a sequence of classes, as of a text, what its reference leaves; else
    /// nothing.
    pub fn floor(&self) -> f64 {
        let is_sequence =
            || self.node(&self.task.as_ref()?.target).map(|id| self.function().graph.shape(id).rank() > 0);
        let is_of_classes = self.task.as_ref().is_some_and(|task| task.classes().is_some());
        let floor = self.attainable().filter(|_| is_of_classes && is_sequence() == Some(true));
        floor.map_or(0.0, |attainable| attainable.unexplained)
    }

    /// What is left unexplained on rows that were trained on, and on rows that were held out from that.
    pub fn validated(&self) -> Option<(Measured, Measured)> {
        let trained = Measured::mean(self.held_out.iter().map(|held_out| held_out.run.measured))?;
        let validated = Measured::mean(self.held_out.iter().map(|held_out| held_out.run.validated))?;
        Some((trained, validated))
    }

    /// What is left unexplained on rows that were not trained on, and what a small model leaves, where that is far less.
    pub fn outdone_on_kept_rows(&self) -> Option<(Measured, Measured)> {
        let ((_, kept), reachable) = self.validated().zip(self.attainable())?;
        reachable.is_clearly_better(&kept, MUCH_LESS).then_some((kept, reachable))
    }

    /// Whether a small model is far better, on rows that were trained on or on others.
    pub fn is_outdone(&self) -> bool {
        let floor = self.floor();
        let is_better = |run: Measured| match floor > 0.0 {
            // Of a sequence of classes, by what is explained, since most can't be.
            true => 1.0 - run.unexplained < (1.0 - MUCH_LESS) * (1.0 - floor),
            false => self.attainable().is_some_and(|it| it.is_clearly_better(&run, MUCH_LESS)),
        };
        self.run.failure.is_none()
            && (self.outdone_on_kept_rows().is_some() || self.run.measured.is_some_and(is_better))
    }

    /// A node as a person finds it: its name, or what is written for it.
    pub fn called(&self, value: impl Into<Value>) -> String {
        let value = value.into();
        let function = self.function();
        match function.graph.name(value) {
            Some(name) => name.into(),
            None => self.case.text_of(function, value).map_or_else(|| function.graph.describe(value), String::from),
        }
    }

    /// The bytes of the model's text where what is called so stands.
    pub fn place_of(&self, called: &str) -> Option<Range<usize>> {
        let source = &self.case.source;
        let named = self.function().graph.find(called).and_then(|value| span_of(self.function(), value));
        let at = named.map(|span| span.start..span.end);
        at.or_else(|| source.find(called).map(|start| start..start + called.len()))
    }

    /// The nearest node at or behind this one that has a name of the user's, as users look for it.
    pub fn named(&self, value: impl Into<Value>) -> String {
        let value = value.into();
        let graph = &self.function().graph;
        let behind = graph.dependent_on([value]);
        let is_users = |name: &&str| !name.contains('/');
        let mut names = graph.ids().filter(|id| behind[id.index()]).filter_map(|id| graph.name(id).filter(is_users));
        names.next().map_or_else(|| self.called(value), String::from)
    }

    /// How wrong each of the predictions for the rows that are looked at is: the squared error; of classes, the probability that
    /// others have, or 1 for another class.
    pub fn errors(&self, predictions: &Tensor) -> Option<Vec<f64>> {
        let task = self.task.as_ref()?;
        let picked = Observation::rows_of(self.function(), &self.run.training);
        let outcomes = self.run.training.select(&picked).values(&task.target).ok()?.into_owned();
        task.errors(predictions, &outcomes, picked.len())
    }

    /// Whether a node is the same in every row whatever the parameters are.
    pub fn is_fixed(&self, value: impl Into<Value>) -> bool {
        let value = value.into();
        self.drawn.iter().all(|drawn| drawn.constant_share(value) == Some(1.0))
    }

    /// Whether the derivative of the objective by a node is 0 on every row whatever the parameters are.
    pub fn is_cut_off(&self, value: impl Into<Value>) -> bool {
        let value = value.into();
        let is_zero = |drawn: &Observation| {
            drawn.cotangent(value).is_none_or(|cotangent| cotangent.data().iter().all(|&x| x == 0.0))
        };
        self.drawn.iter().all(is_zero)
    }

    /// The fields of inputs.
    pub fn inputs(&self) -> impl Iterator<Item = &Field> {
        self.rows().fields().iter().filter(|field| field.role == Role::Input)
    }

    /// The values of one element of a field in every row, as the file has them.
    ///
    /// # Errors
    /// There is no such field.
    pub fn column(&self, field: &Field, element: usize) -> Result<Vec<f64>, LearnError> {
        let values = self.rows().values(&field.name)?;
        Ok(values.iter().skip(element).step_by(field.shape.size().max(1)).copied().collect())
    }

    /// The node of an input or outcome.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.function().graph.find(name).map(|value| value.node)
    }
}

/// Parameters drawn from a normal distribution, whatever they start as.
pub(crate) fn drawn(function: &Function, std: f64, seed: u64) -> Result<Parameters, LearnError> {
    let mut function = function.clone();
    for parameter in &mut function.parameters {
        parameter.initializer = Initializer::Normal { mean: 0.0, std };
    }
    Parameters::initialize(&function, seed)
}

/// A case that holds rows out, and its run.
pub struct HeldOut<'c> {
    /// The case.
    pub case: Case<'c>,
    /// Its run.
    pub run: Run,
}

impl<'c> HeldOut<'c> {
    /// How often a part is held out, another each time.
    const TIMES: u64 = 3;
    /// Which part.
    const PART: f64 = 0.25;
    /// Of fewer rows none are held out.
    const LEAST_ROWS: usize = 32;

    fn all_of(case: &Case<'c>, task: Option<&Task>, run: &Run) -> Vec<HeldOut<'c>> {
        if case.validation.is_some() {
            let is_measured = run.validated.is_some();
            return is_measured.then(|| HeldOut { case: case.clone(), run: run.clone() }).into_iter().collect();
        }
        if run.failure.is_some() || case.training.rows() < HeldOut::LEAST_ROWS {
            return Vec::new();
        }
        let held_out = |times: u64| {
            let seed = case.settings.seed.wrapping_add(times);
            let (training, validation) = case.training.split(HeldOut::PART, seed).ok()?;
            let case = Case { training, validation: Some(validation), ..case.clone() };
            let run = Run::of(&case, task).ok()?;
            Some(HeldOut { case, run })
        };
        (0..HeldOut::TIMES).filter_map(held_out).collect()
    }
}
