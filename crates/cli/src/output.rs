//! Where the answer goes, and where messages go.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::error::CommandError;

/// Standard output, which holds the answer and nothing else. A reader that goes away early, as `head` does, has had
/// enough: what is written after that is dropped. Any other fault is an error.
#[derive(Default)]
pub struct StandardOutput {
    closed: bool,
}

impl StandardOutput {
    /// Writes a line.
    pub fn line(&mut self, line: impl Display) -> Result<(), CommandError> {
        self.text(&format!("{line}\n"))
    }

    /// Writes text as it is.
    pub fn text(&mut self, text: &str) -> Result<(), CommandError> {
        self.attempt(|stdout| stdout.write_all(text.as_bytes()))
    }

    /// Writes bytes, as of a picture.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), CommandError> {
        self.attempt(|stdout| stdout.write_all(bytes))
    }

    /// Sees to it that all of it is written.
    pub fn finish(&mut self) -> Result<(), CommandError> {
        self.attempt(|stdout| stdout.flush())
    }

    fn attempt(&mut self, write: impl FnOnce(&mut io::Stdout) -> io::Result<()>) -> Result<(), CommandError> {
        if self.closed {
            return Ok(());
        }
        match write(&mut io::stdout()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => Err(unwritable(&error)),
        }
    }
}

/// Standard output takes no more, as where it goes to a full disk.
pub fn unwritable(error: &io::Error) -> CommandError {
    CommandError::mistake(format!("standard output cannot be written: {error}"))
}

/// Says something on standard error, in colours if it is a terminal and the user has not declined them. A message that
/// nobody can read is no reason to stop.
pub fn message(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
