//! A function fits on a page, unless it is one match.

use super::File;
use super::code::{Token, bare, is_word, tokens, without_tests};

/// No function has more lines, from `fn` to its last brace.
const LONGEST: usize = 60;
/// A function that is one match may be longer. So many lines may stand around that match.
const AROUND: usize = 20;

/// The functions of a source that are too long, its tests left out.
pub fn problems(file: &File) -> Vec<String> {
    let code = without_tests(&bare(&file.text));
    let tokens = tokens(&code);
    let mut problems = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        // Without a name it is a type.
        let [Token { text: "fn", line }, Token { text: name, .. }] = pair else { continue };
        if !is_word(name) {
            continue;
        }
        let Some(body) = block(&tokens[at..]) else { continue };
        let lines = last_line(body) - line + 1;
        if lines > LONGEST && lines - longest_match(body) > AROUND {
            problems.push(format!(
                "{}:{line}: `{name}` has {lines} lines; tell it in steps of at most {LONGEST}",
                file.path
            ));
        }
    }
    problems
}

/// The first block in braces, from `fn` or `match` on; a function that has only a signature has none.
fn block<'a, 't>(tokens: &'t [Token<'a>]) -> Option<&'t [Token<'a>]> {
    let mut depth = 0;
    let mut start = None;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "{" if depth == 0 => {
                start = Some(at);
                depth += 1;
            }
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            ";" if depth == 0 => return None,
            _ => {}
        }
        if let (Some(start), 0) = (start, depth) {
            return Some(&tokens[start..=at]);
        }
    }
    None
}

/// How many lines the longest match in a body has.
fn longest_match(body: &[Token<'_>]) -> usize {
    let matches = (0..body.len()).filter(|&at| body[at].text == "match");
    let lines = matches.filter_map(|at| Some(last_line(block(&body[at..])?) - body[at].line + 1));
    lines.max().unwrap_or(0)
}

fn last_line(tokens: &[Token<'_>]) -> usize {
    tokens.last().map_or(0, |token| token.line)
}
