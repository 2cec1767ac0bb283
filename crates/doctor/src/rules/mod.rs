//! The rules: one to a file, each with its story, its source, what speaks for it, and what is tried.

use crate::cause::Cause;
use crate::change::Change;
use crate::evidence::Evidence;
use crate::report::Figures;

mod edits;
mod look_ahead;
mod steps;
mod widening;

mod class_imbalance;
mod constant_column;
mod constant_factor;
mod constant_output;
mod dead_relu;
mod double_softmax;
mod forgetting;
mod gradient_blocked;
mod init_scale;
mod inputs_not_scaled;
mod labels_beyond;
mod labels_unrelated;
mod lagging_statistics;
mod leak;
mod loss_broadcast;
mod loss_mismatch;
mod missing_bias;
mod no_nonlinearity;
mod outcome_unread;
mod outliers;
mod output_range;
mod over_regularised;
mod overfitting;
mod padding;
mod phases_differ;
mod pooled_units;
mod rows_sorted;
mod shifted_loss;
mod softmax_axis;
mod step_too_large;
mod symmetric_init;
mod target_not_scaled;
mod too_few_units;
mod too_little_training;
mod unread_steps;
mod unstable_expression;
mod validation_scale;
mod vanishing_gradient;
mod weights_of_one_class;
mod wrong_sign;

/// What knows one cause.
pub(crate) struct Rule {
    /// Whether it is asked of a run that is as good as it could be, too.
    pub even_if_good: bool,
    /// What speaks for the cause.
    pub suspect: fn(&Evidence<'_, '_>) -> Vec<Suspicion>,
}

/// How specific a suspicion is. The most specific that helps is the cause: many a run is mended a little by a smaller rate
/// or more epochs, whatever ails it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Specificity {
    /// It can't be otherwise, as the graph or a column show.
    Certain,
    /// The graph says so, and something else would be usual.
    Structure,
    /// Parameters start where they can't learn.
    Start,
    /// The data say so.
    Data,
    /// The model can't, whatever its parameters.
    Capacity,
    /// A setting of training.
    Setting,
    /// What may well be so on purpose.
    Purpose,
}

impl Specificity {
    /// All, the most specific first.
    pub const ALL: &[Specificity] = &[
        Specificity::Certain,
        Specificity::Structure,
        Specificity::Start,
        Specificity::Data,
        Specificity::Capacity,
        Specificity::Setting,
        Specificity::Purpose,
    ];
}

/// A cause that something speaks for, and what would mend it.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspicion {
    /// The cause.
    pub cause: Cause,
    /// How specific it is.
    pub specificity: Specificity,
    /// The node that is guilty, as a person finds it.
    pub node: Option<String>,
    /// The setting.
    pub setting: Option<&'static str>,
    /// The column.
    pub column: Option<String>,
    /// What speaks for it, in figures.
    pub evidence: String,
    /// What would mend it, the most specific first: each some changes that go together.
    pub remedies: Vec<Vec<Change>>,
    /// A change of the same kind that ought to mend nothing, to tell a remedy from another run's luck.
    pub placebo: Option<Change>,
    /// By what a trial is judged.
    pub judged_by: Judge,
    /// The share of what is left unexplained that a remedy must explain.
    pub much: f64,
    /// What was measured that shows it, where nothing can be tried: the figures of the comparison.
    pub shown: Option<Figures>,
}

/// By what a trial is judged, beside the run as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judge {
    /// By the rows that were trained on.
    #[default]
    Training,
    /// By rows that were not trained on.
    HeldOut,
    /// By the rows that the trial trains on, of which the run has more.
    KeptRows,
    /// By nothing: what was measured before shows the cause, and the figures of a trial are told.
    Told,
    /// By the rows that were trained on; and where few are taken for another class, by the likelihood of the outcomes.
    Likelihood,
    /// By how far the objective falls: of a change that leaves it the same function of what it is given.
    Objective,
}

/// A remedy helps if it explains a third of what was left unexplained.
const MUCH: f64 = 1.0 / 3.0;

impl Suspicion {
    fn new(cause: Cause, specificity: Specificity, evidence: impl Into<String>) -> Suspicion {
        Suspicion {
            cause,
            specificity,
            node: None,
            setting: None,
            column: None,
            evidence: evidence.into(),
            remedies: Vec::new(),
            placebo: None,
            judged_by: Judge::Training,
            much: MUCH,
            shown: None,
        }
    }

    fn at_node(self, node: impl Into<String>) -> Suspicion {
        Suspicion { node: Some(node.into()), ..self }
    }

    fn at_setting(self, setting: &'static str) -> Suspicion {
        Suspicion { setting: Some(setting), ..self }
    }

    fn at_column(self, column: impl Into<String>) -> Suspicion {
        Suspicion { column: Some(column.into()), ..self }
    }

    fn judged_by(self, judge: Judge) -> Suspicion {
        Suspicion { judged_by: judge, ..self }
    }

    /// By rows that were not trained on, if some were held out.
    fn judged_on_kept_rows(self, evidence: &Evidence<'_, '_>) -> Suspicion {
        let judge = if evidence.held_out.is_empty() { Judge::Training } else { Judge::HeldOut };
        self.judged_by(judge)
    }

    fn shown_by(self, figures: Figures) -> Suspicion {
        Suspicion { shown: Some(figures), ..self }
    }

    /// Mended by each of the changes, by itself.
    fn mended_by_each(mut self, changes: impl IntoIterator<Item = Change>) -> Suspicion {
        self.remedies.extend(changes.into_iter().map(|change| vec![change]));
        self
    }

    /// Mended by the changes, all together.
    fn mended_by(mut self, changes: impl IntoIterator<Item = Change>) -> Suspicion {
        self.remedies.push(changes.into_iter().collect());
        self
    }
}

/// Every rule.
pub(crate) const ALL: &[Rule] = &[
    constant_column::RULE,
    constant_output::RULE,
    gradient_blocked::RULE,
    rows_sorted::RULE,
    leak::RULE,
    lagging_statistics::RULE,
    validation_scale::RULE,
    outcome_unread::RULE,
    outliers::RULE,
    double_softmax::RULE,
    loss_broadcast::RULE,
    wrong_sign::RULE,
    softmax_axis::RULE,
    shifted_loss::RULE,
    phases_differ::RULE,
    constant_factor::RULE,
    unread_steps::RULE,
    pooled_units::RULE,
    labels_beyond::RULE,
    loss_mismatch::RULE,
    weights_of_one_class::RULE,
    output_range::RULE,
    unstable_expression::RULE,
    over_regularised::RULE,
    forgetting::RULE,
    vanishing_gradient::RULE,
    symmetric_init::RULE,
    dead_relu::RULE,
    init_scale::RULE,
    padding::RULE,
    labels_unrelated::RULE,
    class_imbalance::RULE,
    inputs_not_scaled::RULE,
    target_not_scaled::RULE,
    no_nonlinearity::RULE,
    missing_bias::RULE,
    too_few_units::RULE,
    step_too_large::RULE,
    too_little_training::RULE,
    overfitting::RULE,
];
