//! Columns of words: which there are, and what they become.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::data::cell::Cell;
use crate::error::{list, quote};

/// Pairs of words that say false and true, in any case.
const TRUTH: [(&str, &str); 4] = [("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y")];

/// The word that stands for a missing cell.
const HOLE: &str = "";

/// The words of a column, and what they become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The words: in the order of their names, numbers in theirs. Last, where missing cells count as a word, an empty one.
    pub words: Vec<String>,
    /// What they become.
    pub encoding: WordEncoding,
}

/// What the words of a column become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordEncoding {
    /// The index of the word: a class.
    Class,
    /// For each word an element, which is 1 where the cell is that word, else 0.
    Indicators,
    /// Of two words that say false and true, 0 and 1; they may be written in any case.
    Truth,
}

impl Words {
    /// Of the words that were found in a column of a field of whole numbers, or of a real one. `hole` says whether a
    /// missing cell is a word, too.
    #[cfg(feature = "training")]
    pub(crate) fn of(found: impl IntoIterator<Item = String>, is_real: bool, hole: bool) -> Words {
        let mut words: Vec<String> = found.into_iter().collect();
        if let (Some(words), false) = (truth(&words), hole) {
            let encoding = if is_real { WordEncoding::Truth } else { WordEncoding::Class };
            return Words { words, encoding };
        }
        let number = |word: &String| word.parse::<f64>().ok();
        words.sort_by(|a, b| match (number(a), number(b)) {
            (Some(x), Some(y)) => x.total_cmp(&y),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => a.cmp(b),
        });
        words.extend(hole.then(|| HOLE.to_string()));
        Words { words, encoding: if is_real { WordEncoding::Indicators } else { WordEncoding::Class } }
    }

    /// The label of a class as it stands in the data: its word where there are words, else the number as text.
    pub fn label(words: Option<&Words>, label: f64) -> String {
        let word = words.and_then(|words| words.words.get(label as usize)).filter(|_| label >= 0.0);
        word.map_or_else(|| label.to_string(), Clone::clone)
    }

    /// How many elements a cell becomes.
    pub fn width(&self) -> usize {
        match self.encoding {
            WordEncoding::Class | WordEncoding::Truth => 1,
            WordEncoding::Indicators => self.words.len(),
        }
    }

    /// Whether a missing cell is one of the words.
    pub fn has_hole(&self) -> bool {
        self.words.last().is_some_and(|word| word == HOLE)
    }

    /// Whether each word is a number but for how it is written: `$1,234.50`, `12 %`, `1.234,5`, `(5)`, `0x1f`.
    pub fn look_like_numbers(&self) -> bool {
        !self.words.is_empty() && self.words.iter().filter(|word| *word != HOLE).all(|word| looks_like_number(word))
    }

    /// The index of a word as a table holds it.
    pub fn index(&self, word: &str) -> Option<usize> {
        let same = |other: &&String| match truth(&self.words) {
            Some(_) => other.eq_ignore_ascii_case(word),
            None => *other == word,
        };
        self.words.iter().position(|other| same(&other))
    }

    /// What the elements of a column are called: by the column alone, or with the word that each stands for.
    pub(crate) fn element_names(&self, column: &str) -> Vec<String> {
        match self.encoding {
            WordEncoding::Class | WordEncoding::Truth => vec![column.into()],
            WordEncoding::Indicators => {
                let shown = |word: &String| if word == HOLE { "missing".to_string() } else { word.clone() };
                self.words.iter().map(|word| format!("{column}={}", shown(word))).collect()
            }
        }
    }

    /// The elements of a cell that holds the word of this index.
    pub(crate) fn write(&self, index: f64, elements: &mut Vec<f64>) {
        match self.encoding {
            WordEncoding::Class | WordEncoding::Truth => elements.push(index),
            WordEncoding::Indicators => {
                elements.extend((0..self.words.len()).map(|word| f64::from(u8::from(word as f64 == index))));
            }
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let encoding = match self.encoding {
            WordEncoding::Class => "class",
            WordEncoding::Indicators => "indicators",
            WordEncoding::Truth => "truth",
        };
        json!({"words": self.words, "encoding": encoding})
    }

    pub(crate) fn from_json(json: &Value) -> Option<Words> {
        let encoding = match json.get("encoding")?.as_str()? {
            "class" => WordEncoding::Class,
            "indicators" => WordEncoding::Indicators,
            "truth" => WordEncoding::Truth,
            _ => return None,
        };
        let word = |word: &Value| word.as_str().map(str::to_string);
        let words: Vec<String> = json.get("words")?.as_array()?.iter().map(word).collect::<Option<_>>()?;
        (!words.is_empty()).then_some(Words { words, encoding })
    }
}

/// The words of a column as they were in training, found at once.
#[derive(Clone, Debug)]
pub(crate) struct KnownWords {
    words: Words,
    index: HashMap<String, usize>,
}

impl KnownWords {
    pub fn new(words: &Words) -> KnownWords {
        let index = words.words.iter().enumerate().map(|(index, word)| (word.clone(), index)).collect();
        KnownWords { words: words.clone(), index }
    }

    /// The index of a cell's word; none of a cell that is missing, where that is no word. An error says which words there
    /// are.
    pub fn find(&self, cell: Cell<'_>) -> Result<Option<f64>, String> {
        let of = |word: &str| match self.index.get(word).copied().or_else(|| self.words.index(word)) {
            Some(index) => Ok(Some(index as f64)),
            None => {
                let there = list(self.words.words.iter().map(String::as_str).filter(|word| *word != HOLE));
                Err(format!("found {}, which was not there in training; there were {there}", quote(word)))
            }
        };
        match cell {
            Cell::Word(word) => of(word),
            Cell::Number(number) => of(&number.to_string()),
            Cell::Missing => Ok(self.words.has_hole().then(|| (self.words.words.len() - 1) as f64)),
        }
    }

    /// The elements of a cell that holds the word of this index.
    pub fn write(&self, index: f64, elements: &mut Vec<f64>) {
        self.words.write(index, elements);
    }
}

/// Whether a word is a number but for signs of a currency, of hundredths, of thousands or of what is negative, or is one in
/// hexadecimal digits.
pub(crate) fn looks_like_number(word: &str) -> bool {
    const SIGNS: &str = "$€£%,'_()\u{2212} \u{a0}\u{202f}";
    let plain: String = word.chars().filter(|&c| !SIGNS.contains(c)).collect();
    // Where a comma stands before the decimals, points may stand between thousands.
    let whole = word.split(',').next().unwrap_or_default();
    let thousands = whole.matches('.').count() >= if word.contains(',') { 1 } else { 2 };
    let in_threes = whole.split('.').skip(1).all(|digits| digits.len() == 3);
    let plain = if thousands && in_threes { plain.replace('.', "") } else { plain };
    let hexadecimal = word.strip_prefix("0x").or(word.strip_prefix("0X"));
    let is_hexadecimal = hexadecimal.is_some_and(|digits| u64::from_str_radix(digits, 16).is_ok());
    is_hexadecimal
        || (plain.len() < word.len()
            && plain.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && plain.parse::<f64>().is_ok())
}

/// What a cell is as a word: numbers that are equal are one word.
#[cfg(feature = "training")]
pub(crate) fn word(cell: Cell<'_>) -> Option<String> {
    match cell {
        Cell::Number(number) => Some(number.to_string()),
        Cell::Word(word) => Some(word.to_string()),
        Cell::Missing => None,
    }
}

/// The words that say false and true, in that order, if each of these says one and both are there.
fn truth(words: &[String]) -> Option<Vec<String>> {
    let says = |word: &String, text: &str| word.eq_ignore_ascii_case(text);
    TRUTH.iter().find_map(|(no, yes)| {
        let all = words.iter().all(|word| says(word, no) || says(word, yes));
        let first = |text: &str| words.iter().find(|word| says(word, text)).cloned();
        all.then(|| Some(vec![first(no)?, first(yes)?]))?
    })
}
