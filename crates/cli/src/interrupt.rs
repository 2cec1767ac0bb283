//! Ctrl-C: the first asks the work to end where it can go on later, the second ends it at once.

use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a command that was interrupted: 128 and the number of the signal.
pub const INTERRUPTED: u8 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Whether the user has asked to stop, from now on.
pub fn watch() -> &'static AtomicBool {
    let handler = || {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
    };
    // Where the system takes no handler, Ctrl-C ends the process, as it does by itself.
    let _ = ctrlc::set_handler(handler);
    &ASKED
}
