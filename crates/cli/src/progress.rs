//! A progress bar on standard error, for what takes over a second. Only a terminal shows it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far some work has come; removed when dropped.
pub struct ProgressMeter {
    started: Instant,
    title: String,
    /// The units that were done at the first look, after a resumption many.
    first: Option<usize>,
    bar: Option<ProgressBar>,
}

impl ProgressMeter {
    /// Work that begins now.
    pub fn new(title: impl Into<String>) -> ProgressMeter {
        ProgressMeter { started: Instant::now(), title: title.into(), first: None, bar: None }
    }

    /// What stands before the bar from now on.
    pub fn say(&mut self, title: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(title.clone());
        }
        self.title = title;
    }

    /// `done` of `of` units are done.
    pub fn at(&mut self, done: usize, of: usize) {
        let (elapsed, first) = (self.started.elapsed(), *self.first.get_or_insert(done.saturating_sub(1)));
        if elapsed < PATIENCE {
            return;
        }
        let bar =
            self.bar.get_or_insert_with(|| bar(&self.title, "{msg} {wide_bar} {pos}/{len}, {prefix} left", Some(of)));
        bar.set_prefix(HumanDuration(left(elapsed, done - first, of - done)).to_string());
        bar.set_position(done as u64);
    }
}

impl Drop for ProgressMeter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How long the units to do will take if they take as long as those that are done.
fn left(elapsed: Duration, done: usize, to_do: usize) -> Duration {
    Duration::try_from_secs_f64(elapsed.as_secs_f64() / done.max(1) as f64 * to_do as f64).unwrap_or(Duration::MAX)
}

/// Work that can't say how long it will take; what says so is removed when dropped.
pub struct Waiting {
    end: Option<(Sender<Stage>, JoinHandle<()>)>,
}

/// What is being done, as how many of how many things.
struct Stage {
    title: String,
    done: usize,
    of: usize,
}

impl Waiting {
    /// Work that begins now.
    pub fn new(title: &str) -> Waiting {
        let (sender, receiver) = channel();
        let title = title.to_string();
        Waiting { end: Some((sender, spawn(move || show(title, &receiver)))) }
    }

    /// What is being done from now on, after `done` of `of` things are done.
    pub fn say(&self, title: &str, done: usize, of: usize) {
        if let Some((sender, _)) = &self.end {
            let _ = sender.send(Stage { title: title.into(), done, of }); // it is there until the sender is dropped
        }
    }
}

/// Shows what is being done after a second, until the sender is dropped.
fn show(mut title: String, receiver: &Receiver<Stage>) {
    let begin = Instant::now();
    let mut shown: Option<ProgressBar> = None;
    let mut counted = None;
    loop {
        let wait = if shown.is_none() { PATIENCE.saturating_sub(begin.elapsed()) } else { PATIENCE / 10 };
        match receiver.recv_timeout(wait) {
            Ok(stage) => (title, counted) = (stage.title, Some((stage.done, stage.of))),
            Err(RecvTimeoutError::Timeout) => {
                let bar = shown.get_or_insert_with(|| bar(&title, "{spinner} {msg} … {elapsed}", None));
                bar.set_message(title.clone());
                if let Some((done, of)) = counted.take() {
                    bar.set_length(of as u64);
                    bar.set_position(done as u64);
                    bar.set_style(style("{spinner} {bar:12} {pos}/{len} {wide_msg}"));
                }
                bar.tick();
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if let Some(bar) = shown {
        bar.finish_and_clear();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.end.take() {
            drop(sender); // which the thread waits for
            let _ = thread.join();
        }
    }
}

fn bar(title: &str, template: &str, length: Option<usize>) -> ProgressBar {
    let length = length.map(|length| length as u64);
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr()).with_message(title.to_string());
    bar.with_style(style(template))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_goes_on_as_what_is_done() {
        assert_eq!(left(Duration::from_secs(2), 4, 6), Duration::from_secs(3));
        assert_eq!(left(Duration::from_secs(2), 4, 0), Duration::ZERO);
        assert_eq!(left(Duration::from_secs(2), 0, 1), Duration::from_secs(2));
    }
}
