//! The clock of a run whose every instruction is timed.

use std::time::{Duration, Instant};

/// Times the instructions of a run one after another.
pub(super) struct Clock {
    last: Instant,
    /// How long each interval took: the rows, then each instruction of a step, then what ends it.
    pub spent: Vec<Duration>,
}

impl Clock {
    pub fn new(intervals: usize) -> Clock {
        Clock { last: Instant::now(), spent: vec![Duration::ZERO; intervals] }
    }

    /// From now on.
    pub fn start(&mut self) {
        self.last = Instant::now();
    }

    /// What has passed since the last call went to an interval.
    pub fn spent_on(&mut self, interval: usize) {
        let now = Instant::now();
        self.spent[interval] += now - self.last;
        self.last = now;
    }

    /// What a call of [`spent_on`](Clock::spent_on) itself takes: the shortest of many stretches with nothing in them.
    pub fn overhead() -> Duration {
        let mut clock = Clock::new(1);
        let mut times = (0..1000).map(|_| {
            clock.spent[0] = Duration::ZERO;
            clock.spent_on(0);
            clock.spent[0]
        });
        times.by_ref().skip(100).min().unwrap_or_default()
    }
}
