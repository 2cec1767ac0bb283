//! In how many parts an instruction is shared by threads.

use chainrule_kernels::Threads;

/// Moving fewer elements than these is not worth two threads.
pub(super) const ELEMENTS: usize = 1 << 15;

/// As many parts as there are threads, if the work is worth two of them; else one.
pub(super) fn parts(threads: Threads, work: usize, worth: usize) -> usize {
    if threads == Threads::Pool && work >= worth { rayon::current_num_threads() } else { 1 }
}
