//! What the Rust peers share: the stopwatch of `gorge bench` (its own source
//! file), the command line, and the allocator that suits all of them best.
//!
//! Every peer program is called in two ways:
//!
//! ```text
//! peer list                                         what it can measure, a line of JSON each
//! peer run ROW VARIANT PROCS MILLISECONDS CROWD     one row; a line of JSON for each figure
//! peer serve KIND PROCS                             says where it listens; until standard input ends
//! ```

#[path = "../../../../crates/gorge-cli/src/bench/measure.rs"]
mod measure;

pub use measure::{
    ASKED, BESIDE, BLOCKED, BLOCKERS, Figure, HOGS, Job, KERNEL, MESSAGE, OUTPUT, again,
    crowd_figures, dot, hold_until, lateness_figures, longest_wait, resident_bytes, signal, ticks,
    timed, wait_figure,
};

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A row that a peer can measure.
pub struct Offer {
    /// The row's name, as `gorge bench --list` shows it.
    pub row: &'static str,
    /// Which of the peer's ways of working this is ("" when it has only one).
    pub variant: &'static str,
    /// In what the peer's operation differs from the row's title ("" in nothing).
    pub note: &'static str,
    /// It is less than what the title says: shown, but not compared.
    pub aside: bool,
    /// Measures it.
    pub run: fn(&Job) -> Vec<Figure>,
}

impl Offer {
    /// An offer that does exactly what the row's title says.
    pub const fn new(row: &'static str, run: fn(&Job) -> Vec<Figure>) -> Offer {
        Offer { row, variant: "", note: "", aside: false, run }
    }

    /// The same, naming the peer's way of working.
    pub const fn variant(mut self, variant: &'static str) -> Offer {
        self.variant = variant;
        self
    }

    /// The same, saying in what it differs.
    pub const fn note(mut self, note: &'static str) -> Offer {
        self.note = note;
        self
    }

    /// The same, saying in what it is less than the row's title says.
    pub const fn aside(mut self, note: &'static str) -> Offer {
        self.note = note;
        self.aside = true;
        self
    }
}

/// A row for which the peer has nothing, and why.
pub type None = (&'static str, &'static str);

/// What a peer can serve, by what ("" where that is plain), and the function that does so on that many
/// processors: it prints the address where it listens.
pub type Serve = (&'static str, &'static str, fn(usize));

/// The whole program of a peer.
pub fn main(offers: &[Offer], nones: &[None]) -> ExitCode {
    main_with(offers, &[], nones)
}

/// The whole program of a peer that serves, too.
pub fn main_with(offers: &[Offer], serves: &[Serve], nones: &[None]) -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match &words[..] {
        ["list"] => {
            for offer in offers {
                let (row, variant, note, aside) =
                    (offer.row, offer.variant, offer.note, offer.aside);
                println!(
                    r#"{{"row":"{row}","variant":"{variant}","note":"{note}","aside":{aside}}}"#
                );
            }
            for (kind, note, _) in serves {
                println!(r#"{{"serves":"{kind}","note":"{note}"}}"#);
            }
            for (row, why) in nones {
                println!(r#"{{"row":"{row}","none":"{why}"}}"#);
            }
            ExitCode::SUCCESS
        }
        ["serve", kind, procs] => {
            let serve = serves.iter().find(|(served, ..)| served == kind);
            match (serve, procs.parse()) {
                (Some((.., serve)), Ok(procs)) => {
                    serve(procs);
                    ExitCode::SUCCESS
                }
                _ => usage(),
            }
        }
        ["run", row, variant, job @ ..] => {
            let offer = offers.iter().find(|offer| offer.row == *row && offer.variant == *variant);
            match (offer, Job::parse(job)) {
                (Some(offer), Some(job)) => {
                    for figure in (offer.run)(&job) {
                        println!("{figure}");
                    }
                    ExitCode::SUCCESS
                }
                _ => usage(),
            }
        }
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: list | run ROW VARIANT PROCS MILLISECONDS CROWD | serve KIND PROCS");
    ExitCode::from(2)
}

/// Confines a program of threads to as many processors as the job allows.
///
/// For systems that have no scheduler of their own, this is the only meaning
/// that "one processor" can have.
pub fn confine(procs: usize) {
    // SAFETY: both calls only read and write the sets passed to them, which
    // are as large as the size says and live across the call.
    unsafe {
        let mut allowed: libc::cpu_set_t = std::mem::zeroed();
        let size = size_of::<libc::cpu_set_t>();
        if libc::sched_getaffinity(0, size, &mut allowed) != 0 {
            return;
        }
        let mut chosen: libc::cpu_set_t = std::mem::zeroed();
        let all = 0..libc::CPU_SETSIZE as usize;
        for cpu in all.filter(|&cpu| libc::CPU_ISSET(cpu, &allowed)).take(procs) {
            libc::CPU_SET(cpu, &mut chosen);
        }
        libc::sched_setaffinity(0, size, &chosen);
    }
}

/// The sum of `0..n`: what a receiver must have added up.
pub fn sum_below(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}
