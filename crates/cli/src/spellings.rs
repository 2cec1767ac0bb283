//! What other programs call our options and commands, so that a usage error can say what they are called here.

use std::ffi::OsString;

use clap::Command;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

/// Each of our options, without its hyphens, and what others call it. A command is asked for the first that it has.
const SPELLINGS: &[(&str, &[&str])] = &[
    ("rate", &["lr", "learning-rate", "step-size", "eta", "alpha", "base-lr", "learning-rate-init", "eta0"]),
    ("batch", &["batch-size", "bs", "minibatch", "mini-batch-size", "train-batch-size", "per-device-train-batch-size"]),
    ("epochs", &["num-epochs", "n-epochs", "max-epochs", "num-train-epochs", "nb-epoch"]),
    ("steps", &["max-steps", "num-steps", "iterations", "num-iterations", "max-iter", "max-iters", "n-iter"]),
    ("seed", &["random-seed", "random-state", "rng-seed", "manual-seed"]),
    ("data", &["dataset", "train", "train-data", "training-data", "train-file", "csv", "input", "input-file", "file"]),
    ("valid", &["val", "validation", "val-data", "valid-data", "validation-data", "eval-data", "dev", "test-data"]),
    ("valid-split", &["val-split", "validation-split", "validation-fraction", "test-size", "val-size", "test-split"]),
    ("optimizer", &["opt", "optim", "optimiser", "solver", "algorithm"]),
    ("schedule", &["scheduler", "lr-scheduler", "lr-schedule", "lr-scheduler-type", "lr-policy"]),
    ("schedule-factor", &["lr-gamma", "gamma", "lr-decay"]),
    ("schedule-every", &["lr-step-size", "lr-decay-epochs"]),
    ("warmup", &["warmup-epochs", "warmup-steps", "warmup-ratio", "lr-warmup-epochs"]),
    ("weight-decay", &["wd", "l2", "l2-penalty"]),
    ("clip-norm", &["clip", "clip-grad", "grad-clip", "max-grad-norm", "gradient-clip-val", "clip-grad-norm"]),
    ("epsilon", &["eps", "adam-epsilon"]),
    ("beta1", &["beta-1", "adam-beta1"]),
    ("beta2", &["beta-2", "adam-beta2"]),
    ("decay", &["rho"]),
    ("precision", &["dtype", "fp32", "float32", "fp64", "float64"]),
    ("threads", &["num-threads", "n-threads", "nthreads", "n-jobs", "jobs", "num-workers", "workers", "cpus"]),
    ("patience", &["early-stopping", "early-stopping-patience", "early-stop", "n-iter-no-change"]),
    ("standardize", &["standardise", "normalize", "normalise", "scale", "standard-scaler"]),
    ("separator", &["sep", "delimiter", "delim"]),
    ("map", &["target", "target-column", "label", "label-column", "features", "columns", "response"]),
    ("drop", &["ignore", "exclude", "drop-columns"]),
    ("missing", &["na", "na-values", "fillna", "impute"]),
    ("init", &["weights", "pretrained", "load", "load-model", "from", "warm-start", "finetune"]),
    ("save", &["save-model", "save-path", "model-out", "output-model", "output-dir", "export"]),
    ("plot", &["figure", "fig", "chart", "plot-file"]),
    ("out", &["output", "output-file", "outfile", "o"]),
    ("save", &["output", "out", "output-file", "o"]),
    ("resume", &["resume-from", "continue", "resume-from-checkpoint"]),
    ("checkpoint", &["ckpt", "checkpoint-dir", "checkpoint-path"]),
    ("every", &["save-every", "checkpoint-every", "save-freq", "save-steps"]),
    ("no-shuffle", &["shuffle-off", "noshuffle"]),
    ("nodes", &["layers", "outputs", "activations"]),
    ("keep", &["id", "ids", "id-column", "keep-columns"]),
    ("format", &["type", "fmt"]),
];

/// What others have as options, and where it is here.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &["device", "gpu", "gpus", "cuda", "use-cuda", "no-cuda", "mps", "accelerator"],
        "it runs on the processor; `fit --threads N` says on how many of its cores",
    ),
    (
        &["loss", "objective", "criterion", "loss-function"],
        "what is made small is the line `objective = …` of the model",
    ),
    (
        &["hidden", "hidden-size", "hidden-layer-sizes", "num-layers", "activation", "dropout", "l1"],
        "the model's text says it; a number that it sets by `let` can be changed by --set NAME=NUMBER",
    ),
    (&["verbose", "v", "quiet", "q", "silent"], "progress goes to standard error, and the answer to standard output"),
    (&["metrics", "metric", "scoring"], "all figures that have a meaning are told; --json gives them to programs"),
    (&["model", "model-file", "config"], "the model is named without an option: chainrule COMMAND MODEL --data T.csv"),
];

/// Each of our commands, and what others call it.
const COMMANDS: &[(&str, &[&str])] = &[
    ("fit", &["train", "learn", "optimize", "optimise", "run"]),
    ("predict", &["infer", "inference", "apply", "classify"]),
    ("eval", &["evaluate", "evaluation", "test", "score", "validate"]),
    ("grad", &["gradient", "gradients", "backward", "diff", "derivative", "differentiate", "explain"]),
    ("check", &["gradcheck", "grad-check", "verify", "lint"]),
    ("show", &["plot", "draw", "graph", "print", "view", "inspect", "summary", "describe", "info", "export", "dot"]),
    ("profile", &["bench", "benchmark", "time"]),
    ("tour", &["demo", "example", "examples", "start"]),
];

/// Puts into an error about an unknown command what it is called here, in place of one that merely looks like it.
pub fn answer_command(error: &mut clap::Error) {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidSubcommand) else { return };
    let unknown = unknown.replace('_', "-").to_ascii_lowercase();
    let Some((ours, _)) = COMMANDS.iter().find(|(_, theirs)| theirs.contains(&&*unknown)) else { return };
    let tip = StyledStr::from(format!("here it is called '{ours}'"));
    error.remove(ContextKind::SuggestedSubcommand);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
}

/// Puts into an error about an unknown option what it is called here, in place of one that merely looks like it.
pub fn answer(error: &mut clap::Error, mut program: Command, words: &[OsString]) {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else { return };
    let unknown = unknown.trim_start_matches('-').replace('_', "-").to_ascii_lowercase();
    program.build();
    let named = words.iter().skip(1).find_map(|word| program.find_subcommand(word));
    let tip = match named.and_then(|command| ours(command, &unknown)) {
        Some(ours) => format!("here it is called '--{ours}'"),
        None => match ELSEWHERE.iter().find(|(theirs, _)| theirs.contains(&unknown.as_str())) {
            Some((_, where_it_is)) => (*where_it_is).to_string(),
            None => return,
        },
    };
    error.remove(ContextKind::SuggestedArg);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
}

/// What a command calls an option: in another spelling of ours, or in a word of others.
fn ours<'a>(command: &'a Command, unknown: &str) -> Option<&'a str> {
    let own = |name: &str| command.get_arguments().filter_map(|option| option.get_long()).find(|long| *long == name);
    let theirs = |(name, theirs): &(&str, &[&str])| if theirs.contains(&unknown) { own(name) } else { None };
    own(unknown).or_else(|| SPELLINGS.iter().find_map(theirs))
}
