//! The causes: why a model does not learn.

use std::fmt;

/// Each cause with its key and what it means.
macro_rules! causes {
    ($($(#[$doc:meta])+ $cause:ident => $key:literal, $meaning:literal;)+) => {
        /// Why a model does not learn.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Cause {
            $($(#[$doc])+ $cause,)+
        }

        impl Cause {
            /// Every cause.
            pub const ALL: &[Cause] = &[$(Cause::$cause),+];

            /// Its key, as in JSON.
            pub fn key(self) -> &'static str {
                match self {
                    $(Cause::$cause => $key,)+
                }
            }

            /// What is wrong, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Cause::$cause => $meaning,)+
                }
            }
        }
    };
}

causes! {
    /// The scales of the input's columns.
    InputsNotScaled => "inputs_not_scaled", "the inputs are on scales that no single rate suits, or not on those of training";
    /// The scale of the outcome.
    TargetNotScaled => "target_not_scaled", "the outcome is far from what the model gives at the start";
    /// Outcomes of other rows.
    LabelsUnrelated => "labels_unrelated", "the outcomes do not belong to their rows";
    /// Nothing to learn.
    ConstantColumn => "constant_column", "a column has the same value in every row";
    /// A rare class that is never predicted.
    ClassImbalance => "class_imbalance", "a rare class is mostly missed, since ignoring it costs almost nothing";
    /// A few extreme rows.
    Outliers => "outliers", "a few extreme values decide everything";
    /// The outcome among the inputs.
    Leak => "leak", "an input column gives the outcome away";
    /// Rows in the order of the outcome.
    RowsSorted => "rows_sorted", "the rows come in the order of the outcome and are not shuffled";
    /// The last activation.
    OutputRange => "output_range", "the last activation cannot reach the outcomes";
    /// A prediction that reads no input.
    ConstantOutput => "constant_output", "the prediction cannot depend on the input, or on most of it";
    /// Softmax of a softmax.
    DoubleSoftmax => "double_softmax", "there is a softmax or a sigmoid too many";
    /// Another loss is needed.
    LossMismatch => "loss_mismatch", "the loss does not suit the outcome, or what it is given";
    /// A loss that grows with the quality.
    WrongSign => "wrong_sign", "the objective falls as the predictions get worse";
    /// Shapes stretched in the loss.
    LossBroadcast => "loss_broadcast", "shapes are stretched in the loss, which so compares outputs with outcomes that are not theirs";
    /// Layers without a bend.
    NoNonlinearity => "no_nonlinearity", "layer follows layer without a nonlinearity between";
    /// A narrow layer.
    TooFewUnits => "too_few_units", "the model has too few units";
    /// No intercept.
    MissingBias => "missing_bias", "there is no intercept where one is needed";
    /// No gradient arrives.
    GradientBlocked => "gradient_blocked", "no gradient gets to parameters that ought to learn";
    /// A formula that leaves the finite.
    UnstableExpression => "unstable_expression", "a formula leaves the finite numbers where another form would not";
    /// Too strong a penalty.
    OverRegularised => "over_regularised", "a penalty, or dropout, is so strong that the data hardly count";
    /// Equal units.
    SymmetricInit => "symmetric_init", "units start equal, and stay equal";
    /// Too wide or too narrow a start.
    InitScale => "init_scale", "parameters start far too large or far too small";
    /// Units that are always 0.
    DeadRelu => "dead_relu", "units are 0 on every row, and cannot come back";
    /// A gradient that shrinks.
    VanishingGradient => "vanishing_gradient", "the gradient shrinks from layer to layer, or from step to step";
    /// Steps that overshoot.
    StepTooLarge => "step_too_large", "the steps overshoot";
    /// Too short a run.
    TooLittleTraining => "too_little_training", "training ends before the objective is down";
    /// Learnt by heart.
    Overfitting => "overfitting", "the training rows are learnt by heart, and others suffer";
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
