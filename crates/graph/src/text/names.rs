//! Names in a text: which are written bare, how the others are quoted, and which of them a pass generated.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a bare name may begin with this character.
pub(super) fn begins_name(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

/// Whether a bare name may go on with this character. A superscript is an exponent, not part of a name.
pub(super) fn continues_name(c: char) -> bool {
    c == '_' || (c.is_alphanumeric() && superscript(c).is_none())
}

/// The digit that a superscript stands for.
pub(super) fn superscript(c: char) -> Option<u32> {
    match c {
        '²' => Some(2),
        '³' => Some(3),
        '¹' => Some(1),
        '⁰' | '⁴'..='⁹' => Some(c as u32 - '⁰' as u32),
        _ => None,
    }
}

/// The name as a text writes it: bare if it is an identifier, else in backquotes.
pub(super) fn spelled(name: &str) -> Cow<'_, str> {
    let bare = name.starts_with(begins_name) && name.chars().all(continues_name);
    if bare { Cow::Borrowed(name) } else { Cow::Owned(quoted(name, '`')) }
}

/// Any text between two quotes of one sort, with backslashes before what could not stand there.
pub(super) fn quoted(text: &str, quote: char) -> String {
    let mut quoted = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\\' => quoted.push_str("\\\\"),
            c if c == quote => quoted.extend(['\\', c]),
            c if c.is_control() => write!(quoted, "\\u{{{:x}}}", c as u32).expect("a String takes every text"),
            c => quoted.push(c),
        }
    }
    quoted.push(quote);
    quoted
}

/// Whether a name has the form that passes give to nodes without one: `d J / d x`, `tangent of x`, `objective of each`.
/// Such a name gives way to one that a user gave.
pub(super) fn is_generated(name: &str) -> bool {
    let numbered = name.rsplit_once('_').filter(|(_, number)| number.parse::<usize>().is_ok());
    let stem = numbered.map_or(name, |(stem, _)| stem);
    (name.starts_with("d ") && name.contains(" / d "))
        || name.starts_with("tangent of ")
        || name.starts_with("cotangent of ")
        || stem.ends_with(" of each")
        || stem.ends_with(" of all")
}
