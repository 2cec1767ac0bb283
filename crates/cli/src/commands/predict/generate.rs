//! `chainrule predict --generate`: a language model goes on from a text.

use chainrule::learn::{Predictor, Role, Words, random};
use chainrule::{Kind, Probability, probability};
use clap::Args;

use crate::data::Loaded;
use crate::error::CommandError;
use crate::options;

/// What a language model is to write.
#[derive(Args)]
pub struct Generation {
    /// Writes so many characters after --prompt, each drawn from what the model takes for likely; without --data
    #[arg(long, value_name = "N", value_parser = options::count, allow_hyphen_values = true, requires = "prompt")]
    #[arg(conflicts_with_all = ["data", "keep", "nodes", "out"])]
    generate: Option<usize>,

    /// The text from which --generate goes on
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, requires = "generate")]
    prompt: Option<String>,

    /// How freely --generate draws: below 1 more of what is likely, at 0 the likeliest alone [default: 1]
    #[arg(long, value_name = "T", value_parser = options::not_negative, allow_hyphen_values = true, requires = "generate")]
    temperature: Option<f64>,

    /// Decides what --generate draws [default: 0]
    #[arg(long, value_name = "N", value_parser = options::seed, allow_hyphen_values = true, requires = "generate")]
    seed: Option<u64>,
}

impl Generation {
    /// Whether a text is asked for.
    pub fn is_asked(&self) -> bool {
        self.generate.is_some()
    }

    /// The prompt, and what the model writes after it.
    pub fn text(&self, loaded: &Loaded) -> Result<String, CommandError> {
        let name = loaded.file.name();
        let model = LanguageModel::of(loaded).map_err(|why| {
            CommandError::mistake(format!(
                "--generate: {name} is no language model, for {why}; one that `chainrule data text` made the data for would be right"
            ))
        })?;
        let mut text = model.numbered(self.prompt.as_deref().unwrap_or_default(), name)?;
        let predictor = Predictor::new(loaded.saved()).map_err(|error| loaded.file.failed(error))?;
        let mut session = predictor.session();
        let mut predicted = |window: &[f64], place: usize| -> Result<Vec<f64>, CommandError> {
            let found = session.predict(window).map_err(|error| loaded.file.failed(error))?;
            let classes = model.characters.len();
            Ok(found.values()[place * classes..][..classes].to_vec())
        };
        let last = text.len() - 1;
        let [low, high] = [0, model.characters.len() - 1].map(|class| predicted(&model.window(&text, class), last));
        if low?.iter().zip(&high?).any(|(low, high)| (low - high).abs() > LOOKS_AHEAD) {
            let problem = "what it predicts at a place depends on the characters after it";
            let remedy = "`causal=true` in its attention would be right, or loops that go forward";
            return Err(CommandError::mistake(format!("--generate: {name}: {problem}; {remedy}")));
        }
        let mut generator = random::generator(self.seed.unwrap_or(0), random::Purpose::Characters);
        for _ in 0..self.generate.unwrap_or(0) {
            let place = text.len().min(model.context) - 1;
            let probabilities = predicted(&model.window(&text, 0), place)?;
            let weights = sharpened(&probabilities, self.temperature.unwrap_or(1.0));
            text.push(random::weighted(&weights, &mut generator));
        }
        Ok(text.into_iter().map(|class| model.characters[class]).collect())
    }
}

/// By how much a probability may change with what comes after its place: by rounding.
const LOOKS_AHEAD: f64 = 1e-5;

/// What each probability is drawn by: p^(1/T), in proportion to that of the likeliest; at T = 0 the first of those alone.
fn sharpened(probabilities: &[f64], temperature: f64) -> Vec<f64> {
    let most = probabilities.iter().copied().fold(0.0, f64::max);
    if temperature == 0.0 {
        let first = probabilities.iter().position(|&p| p == most);
        return (0..probabilities.len()).map(|class| if Some(class) == first { 1.0 } else { 0.0 }).collect();
    }
    probabilities.iter().map(|p| ((p / most).ln() / temperature).exp()).collect()
}

/// A model that predicts the next character at each place of a window.
struct LanguageModel {
    /// How many characters the window has.
    context: usize,
    /// What each class stands for.
    characters: Vec<char>,
}

impl LanguageModel {
    /// Of a model, or why it is none.
    fn of(loaded: &Loaded) -> Result<LanguageModel, String> {
        let function = &loaded.function;
        let graph = &function.graph;
        let &[input] = &function.inputs[..] else {
            return Err(format!("it has {} inputs, and not one", function.inputs.len()));
        };
        let (name, shape) = (function.name(input), graph.shape(input));
        let (&[context], Kind::Int) = (&shape[..], graph.kind(input)) else {
            return Err(format!("its input `{name}` is no sequence of characters"));
        };
        let prediction = function.prediction.ok_or("it has no `prediction`")?;
        let shape = graph.shape(prediction);
        let classes = match shape[..] {
            [places, classes] if places == context && probability(graph, prediction) == Some(Probability::Along(1)) => {
                classes
            }
            _ => return Err(format!("its prediction {shape} has no probabilities for each place of `{name}`")),
        };
        let outcomes = loaded.saved().fields.iter().filter(|field| field.role == Role::Outcome);
        let mut named = outcomes.filter_map(|field| field.reading.classes.as_ref());
        let words = named.next().ok_or("its data did not say which characters the classes are")?;
        let characters = characters(words).ok_or("its classes are no single characters")?;
        if characters.len() != classes {
            return Err(format!("it predicts {classes} classes, and its data had {} characters", characters.len()));
        }
        Ok(LanguageModel { context, characters })
    }

    /// The classes of the characters of a prompt.
    fn numbered(&self, prompt: &str, name: &str) -> Result<Vec<usize>, CommandError> {
        let mistake = |problem: String| Err(CommandError::mistake(format!("--prompt: {problem}")));
        let length = prompt.chars().count();
        if length == 0 {
            return mistake("a text of at least one character would be right".into());
        }
        if length > self.context {
            let context = self.context;
            return mistake(format!(
                "{length} characters are more than {name} looks back on; at most {context} would be right"
            ));
        }
        let mut classes = Vec::with_capacity(length);
        for character in prompt.chars() {
            match self.characters.iter().position(|known| *known == character) {
                Some(class) => classes.push(class),
                None => {
                    return mistake(format!(
                        "the character {character:?} is not one of those that {name} knows: {self}"
                    ));
                }
            }
        }
        Ok(classes)
    }

    /// The last characters of a text, as many as the model takes; after a shorter text stands a class of no meaning.
    fn window(&self, text: &[usize], after: usize) -> Vec<f64> {
        let shown = &text[text.len().saturating_sub(self.context)..];
        let rest = std::iter::repeat_n(&after, self.context - shown.len());
        shown.iter().chain(rest).map(|&class| class as f64).collect()
    }
}

impl std::fmt::Display for LanguageModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all: String = self.characters.iter().collect();
        write!(f, "{all:?}")
    }
}

/// The words of classes, if each is a single character.
fn characters(words: &Words) -> Option<Vec<char>> {
    let single = |word: &String| {
        let mut characters = word.chars();
        characters.next().filter(|_| characters.next().is_none())
    };
    words.words.iter().map(single).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperature_sharpens() {
        assert_eq!(sharpened(&[0.25, 0.5, 0.5], 0.0), [0.0, 1.0, 0.0]);
        assert_eq!(sharpened(&[0.0, 0.25, 0.5], 1.0), [0.0, 0.5, 1.0]);
        let cold = sharpened(&[0.25, 0.5], 0.5);
        assert!((cold[0] - 0.25).abs() < 1e-12 && cold[1] == 1.0, "{cold:?}");
    }
}
