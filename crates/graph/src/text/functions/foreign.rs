//! Names that people bring from NumPy, PyTorch, JAX, Keras and from mathematics: what each is here.

/// Rows of names, and what is written here instead.
static NAMES: &[(&[&str], &str)] = &[
    // Entry by entry
    (&["ln", "loge"], "the natural logarithm is `log(x)`"),
    (&["exp2"], "2ˣ is `2^x`"),
    (&["square", "sqr"], "a square is written `x^2`"),
    (&["cube"], "a cube is written `x^3`"),
    (&["cbrt"], "the cube root is `sign(x) * abs(x)^(1/3)`"),
    (&["hypot"], "it is `sqrt(a^2 + b^2)`"),
    (&["arctan", "arctg"], "the inverse tangent is `atan(x)`"),
    (&["arcsin", "asin"], "the inverse sine is `atan(x / sqrt(1 - x^2))`"),
    (&["arccos", "acos"], "the inverse cosine is `2 * atan(sqrt((1 - x) / (1 + x)))`"),
    (&["arctan2", "atan2"], "for x above 0 it is `atan(y / x)`"),
    (&["arcsinh", "asinh"], "it is `sign(x) * log(abs(x) + sqrt(x^2 + 1))`"),
    (&["arccosh", "acosh"], "it is `log(x + sqrt(x^2 - 1))`"),
    (&["arctanh", "atanh"], "it is `(log1p(x) - log1p(-x)) / 2`"),
    (&["sec"], "it is `1 / cos(x)`"),
    (&["csc", "cosec"], "it is `1 / sin(x)`"),
    (&["cot", "ctg"], "it is `cos(x) / sin(x)`"),
    (&["tg"], "the tangent is `tan(x)`"),
    (&["sinc"], "it is `where(x == 0, 1, sin(x) / x)`"),
    (&["ceil"], "it is `-floor(-x)`"),
    (&["trunc", "fix"], "it is `sign(x) * floor(abs(x))`"),
    (&["rint"], "the nearest whole number is `round(x)`"),
    (&["mod", "fmod", "remainder", "rem"], "the remainder is `x - n * floor(x / n)`"),
    (&["gamma", "factorial"], "Γ(x) is `exp(lgamma(x))`, and n! is `exp(lgamma(n + 1))`"),
    (&["gammaln", "loggamma", "ln_gamma"], "it is `lgamma(x)`"),
    (&["psi"], "the digamma function is `digamma(x)`"),
    (&["betaln", "lbeta"], "it is `lgamma(a) + lgamma(b) - lgamma(a + b)`"),
    (&["erfc"], "it is `1 - erf(x)`"),
    (&["cdf", "ndtr"], "the normal distribution's is `(1 + erf(x / sqrt(2))) / 2`"),
    (&["sgn", "signum"], "it is `sign(x)`"),
    (&["heaviside", "step"], "it is `where(x > 0, 1, 0)`"),
    (&["maximum", "fmax", "amax"], "the greater of two is `max(a, b)`, the greatest element `max(x)`"),
    (&["minimum", "fmin", "amin"], "the lesser of two is `min(a, b)`, the least element `min(x)`"),
    (&["clamp", "clip_by_value"], "it is `clip(x, low, high)`"),
    (&["float", "double", "astype", "cast", "as_float"], "whole numbers become real by themselves, or by `to_real(x)`"),
    (&["detach", "no_grad", "stop_grad"], "it is `stop_gradient(x)`"),
    (
        &["grad", "gradient", "diff", "derivative", "backward", "jacobian", "hessian"],
        "a formula holds no derivative: it is taken of the whole",
    ),
    // Activations
    (&["expit", "logistic", "sigm", "inv_logit"], "it is `sigmoid(x)`"),
    (&["logit"], "it is `log(p) - log(1 - p)`"),
    (&["swish"], "it is `silu(x)`"),
    (&["hardswish", "hswish"], "it is `hard_swish(x)`"),
    (&["hardsigmoid", "hsigmoid"], "it is `hard_sigmoid(x)`"),
    (&["hardtanh", "hard_tanh"], "it is `clip(x, -1, 1)`"),
    (&["relu6"], "it is `clip(x, 0, 6)`"),
    (&["leakyrelu", "lrelu", "prelu"], "it is `leaky_relu(x, slope=…)`"),
    (&["softsign"], "it is `x / (1 + abs(x))`"),
    (&["softmin"], "it is `softmax(-x)`"),
    (&["logsoftmax"], "it is `log_softmax(x)`"),
    (&["logsigmoid", "log_sigmoid"], "it is `log(sigmoid(x))`, which is computed as its stable form"),
    (&["log_sum_exp", "lse"], "it is `logsumexp(x)`"),
    // Sums and statistics
    (&["average", "avg"], "the average is `mean(x)`"),
    (&["product"], "it is `prod(x)`"),
    (&["stdev", "std_dev", "stddev", "sd"], "the deviation is `std(x)`"),
    (&["variance"], "it is `var(x)`"),
    (&["cov", "covariance"], "it is `mean((x - mean(x)) * (y - mean(y)))`"),
    (&["corr", "corrcoef", "pearsonr"], "it is `mean((x - mean(x)) * (y - mean(y))) / (std(x) * std(y))`"),
    (&["zscore", "standardize", "l2_normalize"], "(x − mean)/deviation is `normalize(x)`, x/‖x‖ is `x / norm(x)`"),
    (&["median"], "of n elements it is `sort(x)[n/2]`, with that number written out"),
    (&["quantile", "percentile", "topk", "top_k"], "take elements of `sort(x)`: `sort(x)[3]`"),
    (&["cumprod"], "of numbers above 0 it is `exp(cumsum(log(x)))`"),
    (&["l2norm", "l2_norm"], "it is `norm(x)`"),
    (&["any"], "it is `max(to_real(condition)) > 0`"),
    (&["all"], "it is `min(to_real(condition)) > 0`"),
    // Products
    (&["matmul", "matvec", "mm", "mv", "bmm"], "a matrix product is written `A @ b`"),
    (&["inner", "vdot"], "the inner product is `dot(a, b)`"),
    (&["einsum", "tensordot"], "it is `contract(a, b, \"ij,jk->ik\")`"),
    (
        &[
            "det", "slogdet", "logdet", "inv", "inverse", "solve", "eig", "eigh", "eigvals", "svd", "cholesky", "qr",
            "lstsq", "pinv",
        ],
        "there are no determinants, inverses or decompositions of matrices",
    ),
    (&["trace"], "of an n × n matrix it is `sum(A * one_hot(iota(n), n))`, with the number n"),
    (&["linear", "fully_connected", "fc", "mlp"], "it is `dense(x, n)`, or `W @ x + b`"),
    (&["layernorm"], "it is `layer_norm(x)`"),
    (&["rmsnorm"], "it is `rms_norm(x)`"),
    (&["groupnorm"], "it is `group_norm(x, groups)`"),
    (&["embed"], "it is `embedding(i, vocabulary, n)`"),
    // Shapes and arrays
    (
        &["shape", "len", "length", "numel", "ndim"],
        "a size is a name in a declaration: after `input x [d]` it is `d`; of any value, `size(x, 0)`",
    ),
    (
        &["ravel", "view", "squeeze", "unsqueeze", "expand_dims"],
        "another shape is `reshape(x, [2, 3])`, or `flatten(x)`",
    ),
    (&["cat", "concatenate", "hstack", "append"], "it is `concat(a, b)`"),
    (&["vstack", "column_stack"], "it is `stack(a, b, axis=0)`"),
    (&["permute", "swapaxes", "moveaxis", "t"], "it is `transpose(x)`, or `transpose(x, axes=[1, 0])`"),
    (&["expand", "tile", "broadcast_to"], "operands stretch by themselves, or by `broadcast(x, [2, 3])`"),
    (&["flip", "fliplr", "flipud"], "it is `reverse(x)`"),
    (&["take", "take_along_axis", "index_select"], "it is `x[i]`, `E[i, :]`, or `gather(x, i)`"),
    (&["onehot", "to_categorical"], "it is `one_hot(i, k)`"),
    (&["arange", "range", "linspace"], "the whole numbers below n are `iota(n)`"),
    (&["eye", "identity"], "it is `one_hot(iota(n), n)`"),
    (&["zeros_like"], "it is `zeros([…])`, or `0 * x`"),
    (&["ones_like"], "it is `ones([…])`"),
    (&["full", "fill"], "it is `constant(value, [2, 3])`"),
    (&["array", "tensor", "asarray", "list"], "an array of numbers is written `[1, 2, 3]`"),
    (
        &["max_pool1d", "max_pool2d", "max_pool3d", "maxpool", "maxpool1d", "maxpool2d", "maxpool3d"],
        "it is `max_pool(x, 2)`, over 1 to 3 axes",
    ),
    (
        &[
            "avg_pool",
            "avg_pool1d",
            "avg_pool2d",
            "avg_pool3d",
            "avgpool",
            "avgpool1d",
            "avgpool2d",
            "avgpool3d",
            "average_pool",
            "mean_pool2d",
        ],
        "it is `mean_pool(x, 2)`, over 1 to 3 axes",
    ),
    (
        &["conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "deconvolution"],
        "it is `conv_transpose(x, channels, size)`, or `convolution_transpose(x, W)` over 1 to 3 axes, with x [C, n…] and W [C, channels/groups, k…]",
    ),
    (&["scaled_dot_product_attention"], "it is `attention(q, k, v)`"),
    (&["multi_head_attention", "multihead_attention", "multiheadattention"], "it is `self_attention(x, heads)`"),
    (&["unfold", "im2col", "sliding_window_view"], "it is `windows(x, size)`"),
    (&["col2im"], "it is `fold(w, shape)`"),
    (
        &["conv1d", "conv2d", "conv3d", "convolve"],
        "it is `conv(x, channels, size)`, or `convolution(x, W)` over 1 to 3 axes, with x [C, n…] and W [channels, C/groups, k…]",
    ),
    (&["rand", "random_uniform"], "numbers on [0, 1) are drawn by `uniform(shape)`"),
    (&["randn", "random_normal", "gaussian"], "numbers of mean 0 and deviation 1 are drawn by `normal(shape)`"),
    (&["choice", "randint"], "a number below n is drawn by `floor(n * uniform(shape))`"),
    // Choices
    (&["if", "ifelse", "cond", "switch", "then", "else", "elif"], "a choice is written `where(x > 0, a, b)`"),
    (&["and", "logical_and"], "where two conditions hold: `where(x > 0, where(x < 2, a, b), b)`"),
    (&["or", "logical_or"], "where either of two conditions holds: `where(x < 0, a, where(x > 2, a, b))`"),
    (
        &["not", "logical_not"],
        "turn the comparison round, `x <= 0` for not x > 0, or swap the branches: `where(x > 0, b, a)`",
    ),
    (&["xor", "logical_xor"], "one of two conditions alone holds where they differ: `(x > 0) != (y > 0)`"),
    (&["isnan"], "it is `x != x`"),
    (&["greater", "gt"], "it is `a > b`"),
    (&["greater_equal", "ge"], "it is `a >= b`"),
    (
        &["for", "while"],
        "`repeat(f, n, x)` calls a function n times, each time on the result of the last; `scan(f, start, xs)` goes through a sequence",
    ),
    (
        &["lambda", "function", "fn", "func", "class", "import", "from"],
        "the text form has no such statement; a function is written `def f(x) { … return … }`",
    ),
    // Losses
    (&["mse", "mse_loss", "mean_squared_error", "l2_loss"], "it is `mean((p - y)^2)`"),
    (&["mae", "l1_loss", "mean_absolute_error"], "it is `mean(abs(p - y))`"),
    (&["rmse"], "it is `sqrt(mean((p - y)^2))`"),
    (&["huber_loss", "smooth_l1_loss", "smooth_l1"], "it is `huber(p, y)`"),
    (
        &[
            "bce",
            "bce_loss",
            "binary_crossentropy",
            "bce_with_logits",
            "bcewithlogitsloss",
            "sigmoid_cross_entropy",
            "log_loss",
        ],
        "of the logit it is `binary_cross_entropy(z, y)`; of p = sigmoid(z), `-(y * log(p) + (1 - y) * log(1 - p))`",
    ),
    (
        &[
            "crossentropy",
            "crossentropyloss",
            "cross_entropy_loss",
            "categorical_crossentropy",
            "sparse_categorical_crossentropy",
            "softmax_cross_entropy",
            "softmax_cross_entropy_with_logits",
        ],
        "of the logits it is `cross_entropy(z, y)`",
    ),
    (&["nll_loss", "nllloss"], "of probabilities it is `nll(p, y)`, of logits `cross_entropy(z, y)`"),
    (&["kl", "kl_div", "kldiv", "relative_entropy"], "it is `kl_divergence(p, q)`"),
    (&["batchnorm", "batch_normalization", "batchnorm1d", "batchnorm2d"], "it is `batch_norm(x)`"),
    (&["hinge_loss"], "it is `hinge(score, y)`"),
    (&["dropout1d", "dropout2d", "alpha_dropout"], "it is `dropout(x, rate)`"),
];

/// The modules that are written before names elsewhere.
const MODULES: &[&str] =
    &["np", "numpy", "jnp", "jax", "torch", "tf", "tensorflow", "keras", "F", "nn", "math", "scipy", "sp", "K"];

/// What is written here instead of a name, whatever its case.
pub fn here(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    NAMES.iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, here)| *here)
}

/// What is written instead of a dot between what stands before and after it.
pub fn without_dot(before: &str, after: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let before = &before
        [before.rfind(|c| !word(c)).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8))..];
    let after = &after[..after.find(|c| !word(c)).unwrap_or(after.len())];
    match after {
        _ if MODULES.contains(&before) => match here(after) {
            Some(here) => format!("names stand without a module, and {here}"),
            None => format!("names stand without a module: `{after}(…)`"),
        },
        "T" | "t" | "mT" => format!("the transpose is `transpose({before})`"),
        "" => "a dot stands within a number alone".into(),
        _ if before.is_empty() => format!("a function is called with its argument in brackets: `{after}(…)`"),
        _ => match here(after) {
            Some(here) => here.into(),
            None => format!("a function is called with its argument in brackets: `{after}({before})`"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::here;

    #[test]
    fn layers_of_others_are_told_how_they_are_written() {
        for (name, says) in [
            ("for", "scan"),
            ("BatchNorm", "batch_norm(x)"),
            ("Dropout1d", "dropout(x, rate)"),
            ("conv2d", "W [channels, C/groups, k…]"),
            ("max_pool3d", "max_pool(x, 2)"),
            ("avg_pool1d", "mean_pool(x, 2)"),
            ("conv_transpose3d", "W [C, channels/groups, k…]"),
        ] {
            assert!(here(name).is_some_and(|here| here.contains(says)), "{name}: {:?}", here(name));
        }
    }
}
