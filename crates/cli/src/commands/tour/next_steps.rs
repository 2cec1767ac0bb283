//! What to try after the tour: commands that go on with the files it wrote.

use std::path::Path;

/// The commands, each with a comment before it, as they can be copied into a shell. The program is called as the user
/// called it, since it may not be on the path.
pub fn next_steps(program: &str, folder: &Path) -> String {
    let (program, dir) = (quoted(program), quoted(&folder.display().to_string()));
    format!(
        "\
In {dir}: functions, curves, confusion and mended, each as .svg and
.png; convnet.svg and gru.svg, the graphs of two networks; the models as text
and the data as CSV and .npz. The digits are by E. Alpaydin and C. Kaynak, the
vowels by M. Kudo, J. Toyama and M. Shimbo: UCI Machine Learning Repository,
CC BY 4.0.

What to try next:

  # every value and derivative of an expression
  {program} grad 'tanh(w*x+b)' w=0.5 x=2 b=-1

  # is every gradient of that network right?
  {program} check {dir}/mlp.graph

  # what each step of an utterance does to the objective of the recurrent one
  {program} grad {dir}/gru.graph \\
    --data {dir}/vowels_test.npz --row 1

  # stopping early instead of a penalty
  {program} fit {dir}/ridge.graph \\
    --data {dir}/training.csv --valid {dir}/validation.csv \\
    --set lambda=0 --rate 0.0005 --epochs 500 --plot {dir}/ridge.svg

  # a smaller classifier, saved and used
  {program} fit {dir}/digits.graph \\
    --data {dir}/digits.csv --valid-split 0.2 --standardize \\
    --set m=32 --epochs 20 --batch 16 --rate 0.1 \\
    --save {dir}/digits.safetensors
  {program} predict {dir}/digits.safetensors \\
    --data {dir}/digits.csv --out {dir}/predictions.csv
"
    )
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./+:@%,=".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted("target/release/chainrule"), "target/release/chainrule");
        assert_eq!(quoted("my tour"), "'my tour'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
