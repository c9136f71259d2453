//! How one row is timed: the same code for Gorge and for every Rust peer.
//!
//! The peer programs include this very file (`peers/rust/measure`), so it
//! depends on nothing but std, and a difference between two systems can never
//! be a difference of stopwatch. The Go program repeats it line by line.
//!
//! A *work* is a function from a number of operations to the time they took.
//! It is called with growing numbers until a call is long enough to tell how
//! many operations fill the budget; those calls are the warm-up. Then one call
//! fills the budget, and only that one is reported.

use std::fmt;
use std::time::{Duration, Instant};

/// What one child process is asked to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// How many processors the system under test may use.
    pub procs: usize,
    /// How long the reported call should take.
    pub budget: Duration,
    /// How many goroutines the rows that park a crowd create.
    pub crowd: usize,
}

impl Job {
    /// Reads `PROCS MILLISECONDS CROWD`, as the driver passes them.
    pub fn parse<S: AsRef<str>>(words: &[S]) -> Option<Job> {
        let [procs, millis, crowd] = words else {
            return None;
        };
        let procs = procs.as_ref().parse().ok().filter(|&n| n > 0)?;
        let millis = millis.as_ref().parse().ok().filter(|&n| n > 0)?;
        let crowd = crowd.as_ref().parse().ok().filter(|&n| n > 0)?;
        Some(Job { procs, budget: Duration::from_millis(millis), crowd })
    }
}

/// One measured row, printed as one line of JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The row's name, as `gorge bench --list` shows it.
    pub row: &'static str,
    /// Operations in the reported call.
    pub ops: u64,
    /// What they took.
    pub elapsed: Duration,
    /// Resident bytes for each goroutine, where the row counts them.
    pub bytes: Option<f64>,
}

impl Figure {
    /// Nanoseconds for each operation.
    pub fn ns_per_op(&self) -> f64 {
        self.elapsed.as_nanos() as f64 / self.ops as f64
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ns = self.ns_per_op();
        write!(f, r#"{{"row":"{}","ns_per_op":{ns:.3},"ops":{}"#, self.row, self.ops)?;
        if let Some(bytes) = self.bytes {
            write!(f, r#","bytes":{bytes:.0}"#)?;
        }
        f.write_str("}")
    }
}

/// Calls `work` until the budget is filled; `unit` operations at a time.
///
/// `work(n)` performs `n` operations, `n` a multiple of `unit`, and returns how
/// long they took without what it had to prepare.
pub fn timed(
    row: &'static str,
    job: &Job,
    unit: u64,
    mut work: impl FnMut(u64) -> Duration,
) -> Figure {
    work(unit); // what only the first call pays: threads started, pages touched
    let mut units = 1;
    let (units, first) = loop {
        let elapsed = work(units * unit);
        if elapsed * 4 >= job.budget {
            break (units, elapsed);
        }
        let missing = job.budget.as_secs_f64() / 2.0 / elapsed.as_secs_f64().max(1e-9);
        units = (units as f64 * missing.clamp(2.0, 16.0)) as u64;
    };
    let fill = job.budget.as_secs_f64() / first.as_secs_f64();
    let ops = ((units as f64 * fill) as u64).max(1) * unit;
    Figure { row, ops, elapsed: work(ops), bytes: None }
}

/// The memory of this process that is resident now, in bytes; 0 where the
/// system has no `/proc`.
pub fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// The two rows of one crowd: creating `crowd` goroutines until all are parked
/// (with the memory that they hold then), and waking them until all are done.
pub fn crowd_figures(crowd: usize, create: Duration, grown: u64, wake: Duration) -> Vec<Figure> {
    vec![
        Figure {
            row: "park-million",
            ops: crowd as u64,
            elapsed: create,
            bytes: Some(grown as f64 / crowd as f64),
        },
        Figure { row: "wake-million", ops: crowd as u64, elapsed: wake, bytes: None },
    ]
}

/// The rows of a second crowd in the same process: on what the first has left behind.
pub fn again(figures: Vec<Figure>) -> impl Iterator<Item = Figure> {
    figures.into_iter().map(|figure| {
        let row = match figure.row {
            "park-million" => "park-million-again",
            _ => "wake-million-again",
        };
        Figure { row, bytes: None, ..figure }
    })
}

/// Until `end`, takes what `lock` gives, holds it for a microsecond and lets it go; says how long it
/// had to wait for it at most.
pub fn longest_wait<G>(end: Instant, lock: impl Fn() -> G) -> Duration {
    let mut longest = Duration::ZERO;
    loop {
        let wanted = Instant::now();
        let guard = lock();
        let had = Instant::now();
        longest = longest.max(had - wanted);
        while had.elapsed() < Duration::from_micros(1) {
            std::hint::spin_loop();
        }
        drop(guard);
        if had >= end {
            return longest;
        }
    }
}

/// The rows about the longest wait of somebody. In the first two all wait for a mutex, in the others one waits
/// beside [`BESIDE`]: to write beside readers, and for two of two permits beside others who want one.
pub const WAITS: [&str; 4] = ["mutex-wait", "mutex-wait-64", "rwlock-wait", "semaphore-wait"];

/// How many hold what another one waits for.
pub const BESIDE: usize = 4;

/// Until `end`, takes what `lock` gives and holds it for a microsecond, again and again.
pub fn hold_until<G>(end: Instant, lock: impl Fn() -> G) {
    longest_wait(end, lock);
}

/// The figure of one of [`WAITS`].
pub fn wait_figure(row: &'static str, longest: Duration) -> Figure {
    Figure { row, ops: 1, elapsed: longest, bytes: None }
}

/// So often a round of the row about a `Once` that is done asks. A round of one is over in a cycle, or in two where
/// the compiler has put it across two lines of the cache, and that is what the row would be about.
pub const ASKED: u64 = 8;

/// How many goroutines block at once in the rows about lateness.
pub const BLOCKERS: usize = 1_000;
/// For how long each does, again and again.
pub const BLOCKED: Duration = Duration::from_millis(10);
/// How many compute without end in the others.
pub const HOGS: usize = 4;

/// The moments at which a ticker is to tick, for ten times the budget.
pub fn ticks(job: &Job, period: Duration) -> impl Iterator<Item = Instant> {
    let (begin, count) = (Instant::now(), (job.budget * 10).as_nanos() / period.as_nanos());
    (1..=count.max(1) as u32).map(move |n| begin + period * n)
}

/// The two rows of one ticker: how late it was 99 times of 100, and at most.
pub fn lateness_figures(rows: [&'static str; 2], mut late: Vec<Duration>) -> Vec<Figure> {
    late.sort_unstable();
    let figure = |row, elapsed| Figure { row, ops: 1, elapsed, bytes: None };
    vec![figure(rows[0], late[(late.len() - 1) * 99 / 100]), figure(rows[1], late[late.len() - 1])]
}

/// How many bytes an echo sends back.
pub const MESSAGE: usize = 64;

/// How many values the kernel of a convolution has.
pub const KERNEL: usize = 500;

/// How many values a convolution yields.
pub const OUTPUT: usize = 20_000;

/// What is convolved, and the kernel.
pub fn signal() -> (Vec<f64>, Vec<f64>) {
    let input = (0..OUTPUT + KERNEL).map(|i| (i % 100) as f64).collect();
    let kernel = (0..KERNEL).map(|i| (i % 7) as f64).collect();
    (input, kernel)
}

/// One value of a convolution.
pub fn dot(input: &[f64], kernel: &[f64]) -> f64 {
    input.iter().zip(kernel).map(|(a, b)| a * b).sum()
}
