//! The option that is guilty, as it was given.

use clap::Args;

use super::DoctorCommand;

/// An option with its value in these words; if it is not there, what it is by itself.
pub fn given(setting: &str, words: &[String]) -> String {
    let option = format!("--{}", setting.replace('_', "-"));
    let is_option = |word: &String| *word == option || word.starts_with(&format!("{option}="));
    if let Some(at) = words.iter().position(is_option) {
        let value =
            words.get(at + 1).filter(|value| !value.starts_with("--") && takes_value(setting) && words[at] == option);
        let value = value.map(|value| format!(" {value}")).unwrap_or_default();
        return format!("option {}{value}", words[at]);
    }
    let other = format!("--no-{}", &option[2..]);
    if words.contains(&other) {
        return format!("option {other}");
    }
    match by_itself(setting) {
        Some(value) => format!("option {option}, which is {value} where it is not given"),
        None => format!("option {option}, which is not given"),
    }
}

fn argument(setting: &str) -> Option<clap::Arg> {
    let command = DoctorCommand::augment_args(clap::Command::new("doctor"));
    let option = setting.replace('_', "-");
    command.get_arguments().find(|argument| argument.get_long() == Some(&option)).cloned()
}

fn takes_value(setting: &str) -> bool {
    argument(setting).is_some_and(|argument| argument.get_action().takes_values() && !argument.is_require_equals_set())
}

/// The default of an option that takes a value.
fn by_itself(setting: &str) -> Option<String> {
    let argument = argument(setting).filter(|argument| argument.get_action().takes_values())?;
    argument.get_default_values().first()?.to_str().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_shown_as_it_was_given() {
        let words = |line: &str| line.split_whitespace().map(String::from).collect::<Vec<_>>();
        assert_eq!(given("rate", &words("m.graph --rate 3 --epochs 5")), "option --rate 3");
        assert_eq!(given("rate", &words("m.graph --rate=3")), "option --rate=3");
        assert_eq!(given("rate", &words("m.graph")), "option --rate, which is 0.01 where it is not given");
        assert_eq!(given("standardize", &words("m.graph --standardize m.csv")), "option --standardize");
        assert_eq!(given("shuffle", &words("m.graph --no-shuffle")), "option --no-shuffle");
        assert_eq!(given("weight_decay", &words("m.graph --weight-decay 0.5")), "option --weight-decay 0.5");
        assert_eq!(given("patience", &words("m.graph")), "option --patience, which is not given");
    }
}
