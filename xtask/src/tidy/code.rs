//! Rust's code without what only looks like it: comments, texts and tests.

/// The source with comments and the insides of literals blanked; lines stay where they are.
pub fn bare(source: &str) -> String {
    let mut bare = String::with_capacity(source.len());
    let mut rest = source;
    while !rest.is_empty() {
        let length = literal(rest, bare.chars().next_back());
        let length = length.or_else(|| comment(rest));
        let taken = length.unwrap_or_else(|| rest.chars().next().map_or(rest.len(), char::len_utf8));
        if length.is_some() {
            bare.extend(rest[..taken].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            bare.push_str(&rest[..taken]);
        }
        rest = &rest[taken..];
    }
    bare
}

/// The length of the comment that begins here.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let mut depth = 0;
    let mut at = 0;
    while rest.starts_with("/*") && at < rest.len() {
        let here = &rest.as_bytes()[at..];
        let step = match here {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step.0;
        depth += step.1;
        if depth == 0 {
            return Some(at);
        }
    }
    rest.starts_with("/*").then_some(rest.len())
}

/// The length of the text or character literal that begins here, after the character `before`.
fn literal(rest: &str, before: Option<char>) -> Option<usize> {
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let prefix = if in_word { 0 } else { rest.len() - rest.trim_start_matches(['b', 'c', 'r']).len() };
    let hashes = rest[prefix..].len() - rest[prefix..].trim_start_matches('#').len();
    let opening = prefix + hashes;
    let is_raw = rest[..prefix].ends_with('r');
    if rest[opening..].starts_with('"') && (is_raw || hashes == 0) {
        let inside = &rest[opening + 1..];
        let end = if is_raw { inside.find(&format!("\"{}", "#".repeat(hashes))) } else { unescaped(inside, '"') };
        return Some(end.map_or(rest.len(), |end| opening + 1 + end + 1 + hashes));
    }
    // A character, unless it is a lifetime: 'a without a closing quote after one character.
    let inside = rest.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    let is_character = first == '\\' || inside[first.len_utf8()..].starts_with('\'');
    is_character.then(|| unescaped(inside, '\'').map_or(rest.len(), |end| end + 2))
}

/// Where a quote stands that no backslash escapes.
fn unescaped(inside: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        if c == quote && !escaped {
            return Some(at);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Bare code with the items under `#[cfg(test)]` blanked.
pub fn without_tests(bare: &str) -> String {
    let mut code = bare.to_string();
    while let Some(start) = code.find("#[cfg(test)]") {
        let after = start + "#[cfg(test)]".len();
        let mut depth = 0;
        let end = code[after..].char_indices().find_map(|(at, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            let ends = depth == 0 && (c == '}' || c == ';');
            ends.then_some(after + at + 1)
        });
        let end = end.unwrap_or(code.len());
        let blank: String = code[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        code.replace_range(start..end, &blank);
    }
    code
}

/// Whether a word stands in the code, not as a part of another.
pub fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// A word or a sign of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// How it is written.
    pub text: &'a str,
    /// Its line, from 1.
    pub line: usize,
}

/// Words, `::` and other single signs.
pub fn tokens(bare: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (number, line) in bare.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let end = match first {
                c if is_part(c) => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                c => c.len_utf8(),
            };
            let (text, after) = rest.split_at(end);
            tokens.push(Token { text, line: number + 1 });
            rest = after.trim_start();
        }
    }
    tokens
}

/// Whether a token is a word, or a number.
pub fn is_word(token: &str) -> bool {
    token.chars().next().is_some_and(is_part)
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
