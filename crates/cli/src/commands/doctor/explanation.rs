//! What each cause means, for somebody who meets it for the first time.

use chainrule::doctor::Cause;

/// Why that keeps a model from learning, and what one does about it.
pub fn explanation(cause: Cause) -> &'static str {
    match cause {
        Cause::InputsNotScaled => {
            "One rate moves the weights of all columns. Where one column holds numbers around 100 and another around 1, a \
             step that suits the one is far too long or too short for the other. --standardize brings each column to mean \
             0 and standard deviation 1, in prediction as in training."
        }
        Cause::TargetNotScaled => {
            "Training starts with predictions near 0 and moves them by small steps; outcomes of another size are too far \
             away. Brought to mean 0 and standard deviation 1 they are near, and predictions come back in the table's units."
        }
        Cause::LabelsUnrelated => {
            "The rows say nothing about the outcomes beside them. Perhaps one column was sorted, moved or shuffled without the \
             others. The table has to be mended; no model can."
        }
        Cause::ConstantColumn => {
            "From a column that never changes, or about one, nothing can be learned. Is it the right one?"
        }
        Cause::ClassImbalance => {
            "Whoever never names the rare class is right nearly always, so that is what training finds. A weight makes one \
             rare row count as much as many others; in exchange, more rows of the frequent class are mistaken for it."
        }
        Cause::Outliers => {
            "Some numbers lie far beyond all others: a slip, another unit, or -999 for \"not known\". They decide the mean, the \
             standard deviation and the squared errors, and the ordinary rows hardly count."
        }
        Cause::Leak => {
            "A column that is made from the outcome, or known only after it, makes learning look easy: the model copies it, \
             and fails on the day when it is not there. Leave it out: --drop, or --map without it."
        }
        Cause::RowsSorted => {
            "Rows that are alike come one after the other, so each stretch of training unlearns what the one before it \
             taught. In a random order they balance each other."
        }
        Cause::OutputRange => {
            "The last function gives numbers from a certain range only (sigmoid: 0 to 1, tanh: -1 to 1, relu: none below 0). \
             Outcomes beyond it cannot be predicted."
        }
        Cause::ConstantOutput => {
            "Whatever the parameters are, the prediction is the same for every row, as is the softmax of a single unit, \
             which is always 1; or it does not see most of a row, as the state behind the first step does not, or what a \
             mean along the wrong axis mixes up. Training cannot mend that."
        }
        Cause::DoubleSoftmax => {
            "A softmax makes probabilities of any numbers (called logits). A second one makes probabilities of \
             probabilities, which are all nearly equal; cross_entropy already contains one, as binary_cross_entropy contains \
             a sigmoid."
        }
        Cause::LossMismatch => {
            "The loss says what a mistake costs, and must suit the outcome: the squared error for quantities; for classes \
             the negative logarithm of the probability (nll, cross_entropy, binary_cross_entropy)."
        }
        Cause::WrongSign => {
            "Training makes the objective as small as it can. This one is small where predictions are bad, so a minus is \
             missing or too many."
        }
        Cause::LossBroadcast => {
            "Where two shapes differ, the smaller one is repeated until it fits (broadcasting). So each prediction is compared \
             with outcomes of other places, and their average is all that can be learned."
        }
        Cause::NoNonlinearity => {
            "Layers that only multiply and add are together no more than one such layer: a straight line. A bend between \
             them (tanh, relu) lets them follow curves."
        }
        Cause::TooFewUnits => {
            "Each hidden unit can bend the curve once. What is to be learned has more bends than that."
        }
        Cause::MissingBias => {
            "Without a number that is added (an intercept, or bias), the prediction must be 0 where all inputs are 0."
        }
        Cause::GradientBlocked => {
            "A step moves a parameter by the derivative of the objective. Here that is always 0 (behind stop_gradient, a \
             rounding, a comparison, argmax) or not used (frozen), so the parameter stays where it starts."
        }
        Cause::UnstableExpression => {
            "A number becomes infinite or \"not a number\" (NaN), as by the logarithm of 0, the exponential of something large \
             or the slope of a square root at 0. The same formula, written otherwise, stays finite."
        }
        Cause::OverRegularised => {
            "A penalty, weight decay or dropout keeps a model from learning noise. This one is so strong that it keeps the \
             model from learning anything."
        }
        Cause::SymmetricInit => {
            "Equal units get equal gradients, so every step moves them alike, and a whole layer is worth one unit. Weights \
             have to start at random (\"~ glorot\" draws them in the usual size)."
        }
        Cause::InitScale => {
            "Weights that start too large drive units to their limits, where they have hardly a slope, or make numbers \
             explode; too small ones let nothing of the input through. \"~ glorot\" and \"~ he\" draw them in the usual size."
        }
        Cause::DeadRelu => {
            "relu gives 0 for all that is negative, with slope 0. A unit that is negative for every row gets no gradient, so no \
             step can wake it."
        }
        Cause::VanishingGradient => {
            "On its way back from the objective the gradient is multiplied by each layer's slope, which is at most 1/4 for a \
             sigmoid. After some layers hardly anything is left, and the first ones stand still. So it is with the steps \
             of a loop: behind many others, or much padding, hardly anything is left of the first ones."
        }
        Cause::StepTooLarge => {
            "A step goes downhill. One that is too long ends on the opposite slope, higher than it began, and the next is \
             longer still."
        }
        Cause::TooLittleTraining => {
            "The objective is still on its way down when training ends: longer steps, or more of them."
        }
        Cause::Overfitting => {
            "With many parameters and few rows, training learns each row by heart, accidents and all; on rows that it has \
             not seen, that is worse than knowing less."
        }
    }
}
