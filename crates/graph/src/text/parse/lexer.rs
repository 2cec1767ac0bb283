//! Characters become tokens, each with its span; brackets are matched.

use std::borrow::Cow;

use crate::node::Span;
use crate::text::diagnostic::Diagnostic;
use crate::text::functions::without_dot;
use crate::text::names::{begins_name, continues_name, superscript};
use crate::text::syntax::DEEPEST;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind<'a> {
    /// A name, bare.
    Name(&'a str),
    /// A name in backquotes.
    Quoted(String),
    /// `$12`: the mark of a node without a name.
    Label(&'a str),
    Number(f64),
    /// Text in double quotes.
    Text(String),
    Symbol(&'static str),
    Newline,
    End,
}

/// A token and its span.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub kind: TokenKind<'a>,
    pub span: Span,
}

impl<'a> Token<'a> {
    /// The name that the token is, bare or quoted.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        match &self.kind {
            TokenKind::Name(name) => Some(Cow::Borrowed(name)),
            TokenKind::Quoted(name) => Some(Cow::Owned(name.clone())),
            _ => None,
        }
    }

    pub fn is(&self, symbol: &str) -> bool {
        matches!(self.kind, TokenKind::Symbol(s) if s == symbol)
    }

    /// How a message calls the token.
    pub fn describe(&self, source: &str) -> String {
        match &self.kind {
            TokenKind::Newline => "the end of the line".into(),
            TokenKind::End => "the end of the text".into(),
            _ => {
                let text = &source[self.span.start..self.span.end];
                let mut short: String = text.chars().take(40).collect();
                if short.len() < text.len() {
                    short.push('…');
                }
                // Quotes of a quoted name are its own.
                if matches!(self.kind, TokenKind::Quoted(_)) { short } else { format!("`{short}`") }
            }
        }
    }
}

/// The longer of two symbols that begin alike comes first.
const SYMBOLS: &[&str] =
    &["==", "!=", "<=", ">=", "=", "<", ">", "~", "+", "-", "*", "/", "@", "^", "(", ")", "[", "]", "{", "}", ",", ":"];

/// Characters that people and word processors write for those of the text form.
const LOOKALIKES: &[(char, &str)] = &[
    ('−', "-"),
    ('–', "-"),
    ('—', "-"),
    ('×', "*"),
    ('·', "*"),
    ('⋅', "*"),
    ('∗', "*"),
    ('÷', "/"),
    ('≤', "<="),
    ('≥', ">="),
    ('≠', "!="),
    ('∼', "~"),
    ('（', "("),
    ('）', ")"),
    ('，', ","),
    ('“', "\""),
    ('”', "\""),
    ('‘', "`"),
    ('’', "`"),
    ('\'', "`"),
];

/// The tokens of a text; the last is the end. Every bracket among them is closed by its like.
pub(super) fn tokens(source: &str) -> Result<Vec<Token<'_>>, Diagnostic> {
    let mut lexer = Lexer { source, at: 0, line: 1, column: 1 };
    if source.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8();
    }
    let mut tokens = Vec::new();
    loop {
        let token = lexer.token()?;
        let end = token.kind == TokenKind::End;
        tokens.push(token);
        if end {
            break;
        }
    }
    match_brackets(&tokens)?;
    Ok(tokens)
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn bump_while(&mut self, goes_on: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&goes_on) {
            self.bump();
        }
    }

    fn here(&self) -> Span {
        Span { start: self.at, end: self.at, line: self.line, column: self.column }
    }

    /// From `start` to here.
    fn since(&self, start: Span) -> Span {
        Span { end: self.at, ..start }
    }

    fn text_since(&self, start: Span) -> &'a str {
        &self.source[start.start..self.at]
    }

    fn token(&mut self) -> Result<Token<'a>, Diagnostic> {
        self.bump_while(|c| c.is_whitespace() && c != '\n');
        if self.peek() == Some('#') {
            self.bump_while(|c| c != '\n');
        }
        let start = self.here();
        let kind = match self.peek() {
            None => TokenKind::End,
            Some('\n') => {
                self.bump();
                TokenKind::Newline
            }
            Some(c) if begins_name(c) => {
                self.bump_while(continues_name);
                TokenKind::Name(self.text_since(start))
            }
            Some(c) if c.is_ascii_digit() => self.number(start)?,
            Some('.') if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(start)?,
            Some('`') => TokenKind::Quoted(self.quoted('`', "name")?),
            Some('"') => TokenKind::Text(self.quoted('"', "text")?),
            Some('$') => {
                self.bump();
                self.bump_while(|c| c.is_ascii_digit() || c == '_');
                if self.at == start.start + 1 {
                    return Err(Diagnostic::new("`$` must be followed by the number of a node", self.since(start))
                        .help("nodes without a name are called $0, $1, …"));
                }
                TokenKind::Label(&self.text_since(start)[1..])
            }
            Some(c) => match SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol)) {
                Some(symbol) => {
                    symbol.chars().for_each(|_| {
                        self.bump();
                    });
                    TokenKind::Symbol(symbol)
                }
                None => {
                    self.bump();
                    let mistake = stray(c, self.since(start));
                    let (before, after) = self.source.split_at(start.start);
                    return Err(match c {
                        '.' => mistake.help(without_dot(before, &after[1..])),
                        _ => mistake,
                    });
                }
            },
        };
        // The end of a line takes no room, so that it is shown on its line.
        let span = if kind == TokenKind::Newline { start } else { self.since(start) };
        Ok(Token { kind, span })
    }

    fn number(&mut self, start: Span) -> Result<TokenKind<'a>, Diagnostic> {
        self.bump_while(|c| c.is_ascii_digit());
        if self.peek() == Some('.') {
            self.bump();
            self.bump_while(|c| c.is_ascii_digit());
        }
        let exponent = self.rest().strip_prefix(['e', 'E']);
        let digits = exponent.map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
        if digits.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit())) {
            self.bump();
            self.bump();
            self.bump_while(|c| c.is_ascii_digit());
        }
        let number = self.text_since(start);
        if self.peek().is_some_and(|c| continues_name(c) || c == '.') {
            self.bump_while(|c| continues_name(c) || c == '.');
            let text = self.text_since(start);
            let mistake = Diagnostic::new(format!("`{text}` is not a number"), self.since(start));
            let digits = text.replace('_', "");
            return Err(if digits.parse::<f64>().is_ok() {
                mistake.help(format!("write {digits}"))
            } else if text[number.len()..].starts_with(begins_name) {
                mistake.help(format!("a product is written `{number} * {}`", &text[number.len()..]))
            } else {
                mistake.help("a number is written as 12, 0.5 or 1e-3")
            });
        }
        match number.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(TokenKind::Number(value)),
            _ => Err(Diagnostic::new(format!("the number {number} is too large"), self.since(start))
                .help("the largest is about 1.8e308")),
        }
    }

    /// What stands between two quotes, on one line.
    fn quoted(&mut self, quote: char, what: &str) -> Result<String, Diagnostic> {
        let start = self.here();
        self.bump();
        let mut text = String::new();
        loop {
            let start_of_character = self.here();
            match self.peek() {
                None | Some('\n') => {
                    return Err(Diagnostic::new(format!("this {what} is not closed"), self.since(start))
                        .help(format!("close it with {quote} on the same line")));
                }
                Some('\\') => {
                    self.bump();
                    text.push(self.escaped(start_of_character, quote)?);
                }
                Some(c) => {
                    self.bump();
                    if c == quote {
                        return Ok(text);
                    }
                    text.push(c);
                }
            }
        }
    }

    fn escaped(&mut self, start: Span, quote: char) -> Result<char, Diagnostic> {
        let code = self.rest().strip_prefix("u{").and_then(|rest| rest.split_once('}'));
        let character = match self.peek() {
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('\\') => Some('\\'),
            Some(c) if c == quote => Some(c),
            Some('u') => code.and_then(|(code, _)| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32),
            _ => None,
        };
        let Some(character) = character else {
            return Err(Diagnostic::new("unknown escape after `\\`", self.since(start))
                .help(format!("the escapes are \\n, \\r, \\t, \\\\, \\{quote} and \\u{{263a}}")));
        };
        let length = if self.peek() == Some('u') { code.map_or(1, |(code, _)| code.len() + 3) } else { 1 };
        let end = self.at + length;
        while self.at < end && self.bump().is_some() {}
        Ok(character)
    }
}

fn stray(c: char, span: Span) -> Diagnostic {
    if let Some((_, symbol)) = LOOKALIKES.iter().find(|(lookalike, _)| *lookalike == c) {
        return Diagnostic::new(format!("`{c}` is not a character of the text form"), span).help(match *symbol {
            "`" => "write a name with spaces between backquotes (U+0060)".into(),
            _ => format!("write `{symbol}`"),
        });
    }
    if let Some(digit) = superscript(c) {
        return Diagnostic::new(format!("`{c}` is not a character of the text form"), span)
            .help(format!("a power is written `x^{digit}`"));
    }
    let shown = if c.is_control() { format!("the character U+{:04X}", c as u32) } else { format!("`{c}`") };
    let mistake = Diagnostic::new(format!("{shown} is not allowed here"), span);
    match c {
        ';' => mistake.help("write each statement on a line of its own"),
        '!' => mistake.help("unequal is written `!=`"),
        '%' => mistake.help("the remainder is `x - n * floor(x / n)`"),
        '&' => mistake.help("where two conditions hold: `where(x > 0, where(x < 2, a, b), b)`"),
        '|' => mistake.help("where either of two conditions holds: `where(x < 0, a, where(x > 2, a, b))`"),
        '?' => mistake.help("a choice is written `where(x > 0, a, b)`"),
        _ => mistake,
    }
}

fn closer_of(opener: &str) -> &'static str {
    match opener {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

/// Every bracket is closed by its like; the innermost that is not is the mistake, where it opens.
fn match_brackets(tokens: &[Token<'_>]) -> Result<(), Diagnostic> {
    let mut open: Vec<(&str, Span)> = Vec::new();
    for token in tokens {
        let TokenKind::Symbol(symbol) = token.kind else { continue };
        match symbol {
            "(" | "[" | "{" => open.push((symbol, token.span)),
            ")" | "]" | "}" => match open.pop() {
                Some((opener, _)) if closer_of(opener) == symbol => {}
                Some((opener, span)) => {
                    return Err(Diagnostic::new(format!("this `{opener}` is not closed"), span)
                        .help(format!("close it with `{}`", closer_of(opener)))
                        .also(token.span, format!("`{symbol}` closes another kind of bracket")));
                }
                None => {
                    return Err(Diagnostic::new(format!("this `{symbol}` closes nothing"), token.span)
                        .help("remove it, or open a bracket before it"));
                }
            },
            _ => {}
        }
    }
    let nested = if open.len() > DEEPEST { ", and is nested deeper than 10,000 levels" } else { "" };
    match open.pop() {
        Some((opener, span)) => Err(Diagnostic::new(format!("this `{opener}` is not closed{nested}"), span)
            .help(format!("close it with `{}`", closer_of(opener)))),
        None => Ok(()),
    }
}
