//! A progress bar on standard error, for what takes over a second. Only a terminal shows it.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// How far some work has come; removed when dropped.
pub struct Progress {
    started: Instant,
    title: String,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Work that begins now.
    pub fn new(title: impl Into<String>) -> Progress {
        Progress { started: Instant::now(), title: title.into(), bar: None }
    }

    /// Work of unknown length that begins now, while nothing else is said of it.
    pub fn waiting(title: impl Into<String>) -> Progress {
        let title = title.into();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_message(format!("{title} …"));
        bar.enable_steady_tick(PATIENCE);
        Progress { started: Instant::now(), title, bar: Some(bar) }
    }

    /// `done` of `of` pieces are done.
    pub fn at(&mut self, done: usize, of: usize) {
        if self.bar.is_none() && self.started.elapsed() > PATIENCE {
            let bar = bar(&self.title, of as u64);
            bar.set_position(done as u64);
            bar.reset_eta(); // what was done before the bar was there says nothing of its speed
            self.bar = Some(bar);
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(title: &str, length: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr()).with_message(title.to_string());
    match ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
