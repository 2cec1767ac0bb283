//! `chainrule predict --generate`: a language model goes on from a text.

use crate::support::{Folder, ON_A_PLANE, PLANE};

/// A model that knows of three characters what comes next.
const ABC: &str = "\
input   x [t] int < k
outcome y [t] int < k
param   W [k, k] = 0
logits     = gather(W, x, axis=0)
prediction = softmax(logits)
objective  = cross_entropy(logits, y)
";

/// The same with a word about every character, also those that come after.
const BACK_AND_FORTH: &str = "\
input   x [t] int < k
outcome y [t] int < k
param   W [k, k] = 0
logits     = gather(W, x, axis=0) + stack(sum(gather(W, x, axis=0), axis=0), axis=0)
prediction = softmax(logits)
objective  = cross_entropy(logits, y)
";

fn trained(model: &str) -> Folder {
    let folder = Folder::with(&[("m.graph", model), ("abc.txt", &"abc".repeat(100))]);
    folder.line("data text abc.txt --context 8 --out abc.npz").succeeded();
    let fit = folder.line("fit m.graph --data abc.npz --epochs 30 --batch 4 --rate 1 --save m.safetensors");
    fit.succeeded();
    assert!(!fit.err.contains("warning"), "{}", fit.err);
    folder
}

#[test]
fn a_language_model_goes_on_from_a_text() {
    let folder = trained(ABC);
    let predict = |options: &str| folder.line(&format!("predict m.safetensors {options}"));
    assert_eq!(predict("--generate 10 --prompt b --temperature 0").succeeded(), "bcabcabcabc\n");
    assert_eq!(predict("--generate 3 --prompt abcabcab --temperature 0").succeeded(), "abcabcabcab\n");
    // Seeds decide, and a high temperature makes much of what is unlikely.
    let hot = |seed: u64| predict(&format!("--generate 200 --prompt a --temperature 50 --seed {seed}")).out;
    assert_eq!(hot(1), hot(1));
    assert_ne!(hot(1), hot(2));
    assert!(hot(1).contains("aa") && hot(1).contains("ba"), "{}", hot(1));
    let cool = predict("--generate 200 --prompt a --temperature 0.2 --seed 1");
    assert!(!cool.succeeded().contains("aa") && cool.out.len() == 202, "{}", cool.out);
}

#[test]
fn what_cannot_be_gone_on_from_is_told() {
    let folder = trained(ABC);
    for (options, says) in [
        ("--generate 5 --prompt abz", &["--prompt", "'z'", "\"abc\""][..]),
        ("--generate 5 --prompt abcabcabc", &["--prompt", "9 characters", "at most 8"]),
        ("--generate 5", &["--prompt"]),
        ("--prompt a", &["--generate"]),
        ("--generate 0 --prompt a", &["--generate", "an integer ≥ 1"]),
        ("--generate 5 --prompt a --temperature -1", &["--temperature", "≥ 0"]),
        ("--generate 5 --prompt a --data abc.npz", &["--data", "--generate"]),
        ("--keep id", &["--data"]),
    ] {
        folder.refuses(2, &format!("predict m.safetensors {options}"), says);
    }
    let empty = folder.run(&["predict", "m.safetensors", "--generate", "5", "--prompt", ""]);
    empty.failed(2, &["--prompt", "at least one character"]);
    let folder = trained(BACK_AND_FORTH);
    folder.refuses(
        2,
        "predict m.safetensors --generate 5 --prompt ab",
        &["--generate", "depends on the characters after it"],
    );
    let plane = Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE)]);
    plane.line("fit m.graph --data t.csv --epochs 1 --save m.safetensors").succeeded();
    let says = ["m.safetensors is no language model", "input `x` is no sequence"];
    plane.refuses(2, "predict m.safetensors --generate 5 --prompt a", &says);
}
