//! What would be right, as data: a caller whose users have words of their own for it says it in those.

use std::fmt;

/// What would be right where a text has a mistake. It displays in the words of this library; a command line names an
/// option instead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Help {
    /// Words that hold for every caller.
    Text(Box<str>),
    /// The free size of this name needs a number when the model is built.
    BindSize(Box<str>),
    /// The name in an expression needs a value when the expression is built.
    BindName(Box<str>),
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Help::Text(text) => f.write_str(text),
            Help::BindSize(name) => write!(f, "bind it when the model is built, or add a line `let {name} = …`"),
            Help::BindName(_) => f.write_str("bind it when the expression is built"),
        }
    }
}

impl From<&str> for Help {
    fn from(text: &str) -> Help {
        Help::Text(text.into())
    }
}

impl From<String> for Help {
    fn from(text: String) -> Help {
        Help::Text(text.into())
    }
}
