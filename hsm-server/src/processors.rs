//! A processor of its own for each worker thread of the runtime.
//!
//! Linux wakes a thread where it ran last unless another processor is idle at that moment, and does not move it soon when one
//! becomes idle. Two workers then share a processor for milliseconds while the other has nothing to do (measured: docs/benchmarks.md).

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors that this process may use, to be given to workers one by one.
pub struct Processors {
    all: CpuSet,
    numbers: Vec<usize>,
    given: AtomicUsize,
}

impl Processors {
    /// `None` where a worker cannot have one of its own: the process may use only part of the time of its processors, and
    /// which part of them others use is not known.
    pub fn of_this_process() -> Option<Processors> {
        let processors = Processors::new(sched_getaffinity(None).ok()?);
        let usable = std::thread::available_parallelism().ok()?.get();
        (usable == processors.count()).then_some(processors)
    }

    fn new(all: CpuSet) -> Processors {
        let numbers = (0..CpuSet::MAX_CPU).filter(|cpu| all.is_set(*cpu));
        Processors {
            all,
            numbers: numbers.collect(),
            given: AtomicUsize::new(0),
        }
    }

    /// How many workers can have their own.
    pub fn count(&self) -> usize {
        self.numbers.len()
    }

    /// Called by each thread of the runtime when it starts: gives it the next processor, and says whether there was one left.
    /// A thread that gets none may use all: a worker started it, and it would be bound to that one's.
    pub fn take(&self) -> bool {
        let mut mine = CpuSet::new();
        let number = self.numbers.get(self.given.fetch_add(1, Ordering::Relaxed));
        match number {
            Some(number) => mine.set(*number),
            None => mine = self.all,
        }
        if let Err(error) = bind(&mine) {
            tracing::warn!(%error, "a thread is not bound to its processors; only speed suffers");
        }
        number.is_some()
    }
}

fn bind(processors: &CpuSet) -> io::Result<()> {
    Ok(sched_setaffinity(None, processors)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn of_a_thread(processors: &Arc<Processors>) -> (bool, CpuSet) {
        let processors = Arc::clone(processors);
        std::thread::spawn(move || (processors.take(), sched_getaffinity(None).unwrap()))
            .join()
            .unwrap()
    }

    #[test]
    fn workers_get_one_each_and_others_get_all() {
        let processors = Arc::new(Processors::new(sched_getaffinity(None).unwrap()));
        for number in &processors.numbers {
            let (worker, bound) = of_a_thread(&processors);
            assert_eq!((worker, bound.count()), (true, 1));
            assert!(bound.is_set(*number));
        }
        assert!(of_a_thread(&processors) == (false, processors.all));
    }
}
