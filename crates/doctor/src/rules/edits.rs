//! Edits of a model's text that more than one rule makes.

use std::ops::Range;

use chainrule_graph::{Function, NodeId, Value};

use crate::case::{Case, span_of};
use crate::change::{Change, Replacement};

/// The stretch in which a node was written.
pub fn written(function: &Function, value: impl Into<Value>) -> Option<Range<usize>> {
    let span = span_of(function, value)?;
    Some(span.start..span.end)
}

/// The argument of a call of one function that is all of the text: `z` of `relu(z)`, `softmax(z, axis=0)`.
pub fn argument(text: &str) -> Option<(&str, &str)> {
    let open = text.find('(')?;
    let name = text.get(..open)?.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut depth = 0usize;
    let mut end = None;
    for (index, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 && index + c.len_utf8() < text.trim_end().len() {
                    return None; // something follows the call
                }
                if depth == 0 {
                    end = end.or(Some(index));
                }
            }
            ',' if depth == 1 => end = end.or(Some(index)),
            _ => {}
        }
    }
    is_name.then(|| Some((name, text.get(open + 1..end?)?.trim())))?
}

/// The call of a function of one argument, left out: `relu(z)` becomes `z`. It stands in brackets where it is part of
/// something.
pub fn call_left_out(case: &Case<'_>, function: &Function, value: impl Into<Value>) -> Option<Change> {
    let at = written(function, value)?;
    let (_, inner) = argument(case.source.get(at.clone())?)?;
    let inner = if stands_alone(&case.source, &at) || is_plain(inner) { inner.into() } else { format!("({inner})") };
    Some(Change::replace(at, inner))
}

/// The call of a function of one argument, of another function: `softmax(z)` becomes `sigmoid(z)`.
pub fn call_of_another(case: &Case<'_>, function: &Function, value: impl Into<Value>, another: &str) -> Option<Change> {
    let at = written(function, value)?;
    let (_, inner) = argument(case.source.get(at.clone())?)?;
    Some(Change::replace(at, format!("{another}({inner})")))
}

/// A function called of what a node was written as: `W @ x` becomes `tanh(W @ x)`.
pub fn wrapped(case: &Case<'_>, function: &Function, value: impl Into<Value>, in_function: &str) -> Option<Change> {
    let at = written(function, value)?;
    let text = case.source.get(at.clone())?.to_string();
    Some(Change::replace(at, format!("{in_function}({text})")))
}

/// A parameter that starts otherwise: what stands behind the `=` or `~` of its declaration.
pub fn start(case: &Case<'_>, function: &Function, parameter: NodeId, start: &str) -> Option<Replacement> {
    let declared = span_of(function, parameter)?;
    let source = &case.source;
    let is_declared = source.get(line_start(source, declared.start)..)?.trim_start().starts_with("param");
    if !is_declared {
        return start_of_layer(source, declared.start..declared.end, start);
    }
    let line_end = source.get(declared.start..)?.find('\n').map_or(source.len(), |end| declared.start + end);
    let line = source.get(declared.start..line_end)?;
    let line = line.split('#').next().unwrap_or(line);
    let sign = line.find(['=', '~'])?;
    // What follows the start, set off by a comma: `, frozen`
    let mut depth = 0i32;
    let mut end = line.trim_end().len();
    for (index, c) in line.char_indices().skip_while(|(index, _)| *index <= sign) {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                end = index;
                break;
            }
            _ => {}
        }
    }
    Some(Replacement { at: declared.start + sign..declared.start + end, text: start.into() })
}

/// The call whose first argument a stretch is, with its name.
pub fn enclosing_call(source: &str, at: &Range<usize>) -> Option<(String, Range<usize>)> {
    let before = source.get(..at.start)?.trim_end().strip_suffix('(')?;
    let name: String = before.chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let name: String = name.chars().rev().collect();
    let start = before.len() - name.len();
    let mut depth = 0usize;
    for (index, c) in source.get(start..)?.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some((name, start..start + index + c.len_utf8()));
                }
            }
            _ => {}
        }
    }
    None
}

/// Where an argument of a call stands, counted from 0.
pub fn positional(source: &str, call: Range<usize>, index: usize) -> Option<Range<usize>> {
    let text = source.get(call.clone())?;
    let open = text.find('(')? + 1;
    let (mut depth, mut argument, mut start) = (0i32, 0, open);
    for (at, c) in text[open..].char_indices().map(|(at, c)| (open + at, c)) {
        depth += i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'));
        if depth < 0 || depth == 0 && c == ',' {
            if argument == index {
                let words = &text[start..at];
                let first = start + words.len() - words.trim_start().len();
                return Some(call.start + first..call.start + first + words.trim().len());
            }
            if depth < 0 {
                return None; // the call ends
            }
            (argument, start) = (argument + 1, at + 1);
        }
    }
    None
}

/// The start that a layer's call says, in place of what it is.
fn start_of_layer(source: &str, call: Range<usize>, start: &str) -> Option<Replacement> {
    const KEYWORD: &str = "init=";
    let text = source.get(call.clone())?;
    let first = text.find(KEYWORD)? + KEYWORD.len();
    let mut depth = 0i32;
    let mut is_quoted = false;
    let end = text[first..].char_indices().find(|&(_, c)| {
        is_quoted ^= c == '"';
        depth += i32::from(c == '(') - i32::from(c == ')');
        !is_quoted && (depth < 0 || depth == 0 && c == ',')
    });
    let end = first + end.map_or(text.len() - first, |(end, _)| end);
    let drawn = start.trim_start_matches(['~', '=']).trim();
    let value = if start.starts_with('~') { format!("\"{drawn}\"") } else { drawn.to_string() };
    Some(Replacement { at: call.start + first..call.start + end, text: value })
}

/// All calls of some functions with a keyword argument, in place of what it was; `repeat(f, n, …)` passes it on. None where
/// there is no such call.
pub fn with_argument(source: &str, functions: &[&str], keyword: &str, value: &str) -> Option<Change> {
    let mut replacements = Vec::new();
    for function in functions {
        for (at, _) in source.match_indices(function) {
            let after = at + function.len();
            let rest = source.get(after..)?;
            let opening = if rest.starts_with('(') {
                Some(after)
            } else {
                source.get(..at)?.rfind('(').filter(|_| rest.starts_with(','))
            };
            let Some(opening) = opening else { continue };
            let Some((_, call)) = enclosing_call(source, &(opening + 1..opening + 1)) else { continue };
            let text = source.get(call.clone())?;
            let written = text.find(&format!("{keyword}="));
            replacements.push(match written {
                Some(place) => {
                    let start = call.start + place + keyword.len() + 1;
                    let length = source.get(start..)?.find([',', ')']).unwrap_or(0);
                    Replacement { at: start..start + length, text: value.into() }
                }
                None => Replacement { at: call.end - 1..call.end - 1, text: format!(", {keyword}={value}") },
            });
        }
    }
    (!replacements.is_empty()).then_some(Change::Model(replacements))
}

/// Where a keyword argument stands in a text, with the comma before it: `, axis=0` of `softmax(z, axis=0)`.
pub fn keyword(text: &str, keyword: &str) -> Option<Range<usize>> {
    let place = text.find(&format!("{keyword}="))?;
    let start = text.get(..place)?.trim_end().strip_suffix(',')?.len();
    let mut depth = 0i32;
    let end = text.get(place..)?.char_indices().find(|&(_, c)| {
        depth += i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'));
        depth < 0 || depth == 0 && c == ','
    });
    Some(start..place + end?.0)
}

/// A value that gets a line of its own before the one that a stretch is in, under a name that is free; the stretch is written anew
/// with that name.
pub fn named_before(
    source: &str,
    at: &Range<usize>,
    names: [&str; 2],
    value: &str,
    read: impl Fn(&str) -> String,
) -> Option<Change> {
    let line = line_start(source, at.start);
    let text = source.get(line..)?;
    let indent = text.get(..text.len() - text.trim_start_matches([' ', '\t']).len())?;
    let is_free = |name: &&str| !source.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *name);
    let name = names.into_iter().find(is_free)?;
    let named = Replacement { at: line..line, text: format!("{indent}{name:10} = {value}\n") };
    Some(Change::Model(vec![named, Replacement { at: at.clone(), text: read(name) }]))
}

/// Where a name stands in a text, by itself.
pub fn places_of(text: &str, name: &str) -> Vec<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let is_alone = |at: &usize| {
        let (before, after) = (&text[..*at], &text[at + name.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    };
    text.match_indices(name).map(|(at, _)| at).filter(is_alone).collect()
}

/// The byte at which the line begins that holds this one.
pub fn line_start(source: &str, at: usize) -> usize {
    source.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// Whether a stretch is all that stands behind `=` on its line.
pub fn stands_alone(source: &str, at: &Range<usize>) -> bool {
    let before = source.get(..at.start).unwrap_or_default().trim_end();
    let after = source.get(at.end..).unwrap_or_default().trim_start_matches([' ', '\t']);
    before.ends_with('=') && (after.is_empty() || after.starts_with(['\n', '\r', '#']))
        || before.ends_with(['(', ',']) && after.starts_with([')', ','])
}

/// Whether a text is a name, a number or a call.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') || argument(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_of_a_call() {
        assert_eq!(argument("relu(dot(v, h) + c)"), Some(("relu", "dot(v, h) + c")));
        assert_eq!(argument("softmax(z, axis=0)"), Some(("softmax", "z")));
        assert_eq!(argument("relu(a) + relu(b)"), None);
        assert_eq!(argument("a + relu(b)"), None);
    }

    #[test]
    fn a_name_stands_by_itself() {
        assert_eq!(places_of("cross_entropy(exp(x), x) + x2", "x"), [18, 22]);
    }

    #[test]
    fn arguments_and_calls_are_found() {
        let source = "h = repeat(block, 2, dense(x, 8), heads=4)";
        let call = source.find("dense").map_or(0..0, |start| start..source.len());
        let units = positional(source, call.clone(), 1);
        assert_eq!(units.clone().and_then(|at| source.get(at)), Some("8"));
        assert_eq!(positional(source, call, 2), None);
        let first = source.find("x,").map_or(0..0, |start| start..start + 1);
        let (name, at) = enclosing_call(source, &first).unwrap_or_default();
        assert_eq!((name.as_str(), source.get(at)), ("dense", Some("dense(x, 8)")));
    }

    #[test]
    fn a_keyword_is_said_in_every_call_or_in_what_passes_it_on() {
        let said = |source: &str| match with_argument(source, &["attention"], "causal", "true") {
            Some(Change::Model(replacements)) => crate::change::replaced(source, &replacements),
            _ => String::new(),
        };
        assert_eq!(said("h = attention(x, 2)"), "h = attention(x, 2, causal=true)");
        assert_eq!(said("h = attention(x, causal=false, heads=2)"), "h = attention(x, causal=true, heads=2)");
        assert_eq!(said("h = repeat(attention, 3, x, 2)"), "h = repeat(attention, 3, x, 2, causal=true)");
        assert_eq!(said("h = dense(x, 2)"), "");
    }

    #[test]
    fn a_keyword_argument_and_its_comma() {
        let found = |text: &'static str, word| keyword(text, word).and_then(|at| text.get(at));
        assert_eq!(found("nll(p, y, weights=[1, 0], ignore=2)", "weights"), Some(", weights=[1, 0]"));
        assert_eq!(found("nll(p, y, ignore=2)", "ignore"), Some(", ignore=2"));
        assert_eq!(found("nll(p, y)", "ignore"), None);
    }

    #[test]
    fn the_start_of_a_layer() {
        let source = "h = dense(x, 4, init=\"normal(0, 60)\", bias=false)";
        let change = start_of_layer(source, 4..source.len(), "~ glorot").map(|change| vec![change]);
        let changed = crate::change::replaced(source, &change.unwrap_or_default());
        assert_eq!(changed, "h = dense(x, 4, init=\"glorot\", bias=false)");
    }
}
