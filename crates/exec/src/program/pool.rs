//! The threads of a program. They stay awake during a run.
//!
//! A step hands out work many times, a few microseconds apart. A thread that finds none goes to sleep, and waking it takes
//! longer than most of the work. So during a run the others look for work until the run is over.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, TryLockError};

use chainrule_kernels::Threads;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::ExecError;

/// How often a thread looks for work in vain before it lets other programs go first between two looks.
const PATIENCE: usize = 200;

/// Threads for one run at a time.
#[derive(Debug)]
pub(crate) struct Pool {
    threads: ThreadPool,
    /// Held by the run that has them. Of two runs, each could wait for a thread that only looks for work of the other.
    in_use: Mutex<()>,
}

impl Pool {
    pub fn new(threads: usize) -> Result<Pool, ExecError> {
        let built = ThreadPoolBuilder::new().num_threads(threads).build();
        let threads = built.map_err(|error| ExecError::new(format!("could not start {threads} threads: {error}")))?;
        Ok(Pool { threads, in_use: Mutex::new(()) })
    }

    /// Does the work on these threads; on the caller's own, which it is told, if another run has them.
    pub fn run<R: Send>(&self, work: impl FnOnce(Threads) -> R + Send) -> R {
        let _held = match self.in_use.try_lock() {
            Ok(held) => held,
            Err(TryLockError::Poisoned(held)) => held.into_inner(), // nothing is kept in it
            Err(TryLockError::WouldBlock) => return work(Threads::One),
        };
        self.threads.install(|| with_others_awake(|| work(Threads::Pool)))
    }
}

/// Does the work on a thread of a pool while the others of the pool stay awake.
///
/// The work begins when all the others look for it. One that took a part of it before would come to its task here while it
/// waits for another thread to finish what belongs to that part, and then look for work, above the part, until the run is
/// over; which it never is, as the part is never finished.
fn with_others_awake<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let (looking, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let own = rayon::current_thread_index();
    let others = rayon::current_num_threads() - 1;
    rayon::scope(|scope| {
        // Each thread has its own copy of this task, which no other takes; so this thread can't be caught in one.
        scope.spawn_broadcast(|_, thread| {
            if Some(thread.index()) != own {
                looking.fetch_add(1, Ordering::Relaxed);
                spin_until(|| over.load(Ordering::Relaxed), || rayon::yield_now() == Some(rayon::Yield::Executed));
            }
        });
        let _end = SetAtTheEnd(&over); // also if the work panics: the scope waits for the others
        spin_until(|| looking.load(Ordering::Relaxed) == others, || false);
        work()
    })
}

/// Waits for something, and meanwhile does other things, of which each says whether there was anything to do.
fn spin_until(holds: impl Fn() -> bool, meanwhile: impl Fn() -> bool) {
    let mut in_vain = 0;
    while !holds() {
        if meanwhile() {
            in_vain = 0;
        } else if in_vain < PATIENCE {
            in_vain += 1;
            (0..16).for_each(|_| std::hint::spin_loop());
        } else {
            std::thread::yield_now();
        }
    }
}

struct SetAtTheEnd<'a>(&'a AtomicBool);

impl Drop for SetAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use rayon::prelude::*;

    use super::*;

    /// More threads than there are cores, and runs that follow one another closely: threads are taken off their cores in
    /// the middle of looking for work.
    #[test]
    fn no_thread_waits_for_one_that_only_looks_for_work() {
        let (done, wait) = mpsc::channel();
        std::thread::spawn(move || {
            let pool = Pool::new(8).expect("they can be started");
            for _ in 0..1000 {
                let sum = pool.run(|_| (0..64u32).into_par_iter().sum::<u32>());
                assert_eq!(sum, 2016);
            }
            done.send(()).expect("it is waited for");
        });
        wait.recv_timeout(Duration::from_secs(300)).expect("no run hangs");
    }
}
