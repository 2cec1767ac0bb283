//! Threads that stay awake during a run.
//!
//! A step hands out work many times, a few microseconds apart. A thread of the pool that finds none goes to sleep, and
//! waking it takes longer than most of the work. So during a run the others look for work until the run is over.

use std::sync::atomic::{AtomicBool, Ordering};

/// How often a thread looks for work in vain before it lets other programs go first between two looks.
const PATIENCE: usize = 200;

/// Does the work on a thread of a pool while the others of the pool stay awake.
pub(super) fn with_others_awake<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let over = AtomicBool::new(false);
    let own = rayon::current_thread_index();
    rayon::scope(|scope| {
        // Each thread has its own copy of this task, which no other takes; so this thread can't be caught in one.
        scope.spawn_broadcast(|_, thread| {
            if Some(thread.index()) != own {
                look_for_work(&over);
            }
        });
        let _end = SetAtTheEnd(&over); // also if the work panics: the scope waits for the others
        work()
    })
}

fn look_for_work(over: &AtomicBool) {
    let mut in_vain = 0;
    while !over.load(Ordering::Relaxed) {
        match rayon::yield_now() {
            Some(rayon::Yield::Executed) => in_vain = 0,
            _ if in_vain < PATIENCE => {
                in_vain += 1;
                (0..16).for_each(|_| std::hint::spin_loop());
            }
            _ => std::thread::yield_now(),
        }
    }
}

struct SetAtTheEnd<'a>(&'a AtomicBool);

impl Drop for SetAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
