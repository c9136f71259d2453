//! Five ways to count many files at once. All give the same result; they differ in
//! how the goroutines share work and counts.
//!
//! Always true: no more than [`at_work`] files are open at once.

use super::count::Counts;
use super::print::Printer;
use super::read::Counted;
use super::work::{Unit, Work};
use crate::out;
use gorge::sync::{Condvar, Mutex, Semaphore};
use gorge::{Receiver, channel, context, patterns, runtime, scope};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::mem;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How the files are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Via {
    /// Readers take files from a buffered channel, and send counts into another
    #[default]
    Channel,
    /// Readers take the next number, and put counts into memory that all share
    Shared,
    /// Each file, or few small ones, has a goroutine; a semaphore lets so many at a time through
    Semaphore,
    /// The files are worked off by a pool of goroutines, in order
    Pool,
    /// Counts are saved as lines of a file, and read back at the end
    LinesToFile,
}

impl Via {
    /// Counts everything.
    pub(crate) fn count(self, work: &Arc<Work>, printer: &mut Printer<'_>) {
        match self {
            Self::Channel => by_channel(work, printer),
            Self::Shared => by_shared_memory(work, printer),
            Self::Semaphore => by_semaphore(work, printer),
            Self::Pool => by_pool(work, printer),
            Self::LinesToFile => {
                if let Err(error) = by_lines_in_a_file(work, printer) {
                    let reason = out::reason(&error);
                    printer.complain(&format!("cannot keep the counts in a file: {reason}"));
                }
            }
        }
    }
}

/// How many files are open at once: some for each processor, so that there is
/// something to compute while others wait for the disk.
fn at_work() -> usize {
    (4 * runtime::gomaxprocs(0)).clamp(4, 64)
}

/// ```text
///             jobs                          results
///   hand out ------> reader, reader, ... -----------> put in order, print
/// ```
fn by_channel(work: &Work, printer: &mut Printer<'_>) {
    scope(|s| {
        let (hand_out, jobs) = channel(at_work());
        let (results_in, results) = channel(at_work());
        s.go(move || work.units().into_iter().try_for_each(|unit| hand_out.send(unit)));
        for _ in 0..at_work().min(work.inputs.len()) {
            let (jobs, results) = (jobs.clone(), results_in.clone());
            s.go(move || jobs.iter().try_for_each(|unit| results.send(work.count(&unit))));
        }
        drop((jobs, results_in));
        print_all(&results, printer);
    });
}

/// Prints what comes; shows it when nothing more is there at the moment.
fn print_all(results: &Receiver<Unit>, printer: &mut Printer<'_>) {
    loop {
        while let Ok(unit) = results.try_recv() {
            printer.take(unit);
        }
        printer.flush();
        match results.recv() {
            Ok(unit) => printer.take(unit),
            Err(_) => return,
        }
    }
}

fn by_shared_memory(work: &Work, printer: &mut Printer<'_>) {
    let units = work.units();
    let next = AtomicUsize::new(0);
    let counted = Mutex::new(Unit::new());
    let more = Condvar::new();
    scope(|s| {
        for _ in 0..at_work().min(units.len()) {
            s.go(|| {
                while let Some(unit) = units.get(next.fetch_add(1, Relaxed)) {
                    let unit = work.count(unit);
                    counted.lock().extend(unit);
                    more.signal();
                }
            });
        }
        let mut left = work.inputs.len();
        while left > 0 {
            let mut here = counted.lock();
            if here.is_empty() {
                drop(here);
                printer.flush();
                here = counted.lock();
                more.wait_while(&mut here, |here| here.is_empty());
            }
            let unit = mem::take(&mut *here);
            drop(here);
            left -= unit.len();
            printer.take(unit);
        }
    });
}

fn by_semaphore(work: &Work, printer: &mut Printer<'_>) {
    let places = Semaphore::new(at_work());
    let counted = Mutex::new(Unit::new());
    scope(|s| {
        for unit in work.units() {
            let place = places.acquire(1);
            let counted = &counted;
            s.go(move || {
                let unit = work.count(&unit);
                counted.lock().extend(unit);
                drop(place);
            });
            let unit = mem::take(&mut *counted.lock());
            printer.take(unit);
        }
        printer.flush();
        drop(places.acquire(at_work())); // when all have given back theirs, all is counted
    });
    printer.take(counted.into_inner());
}

fn by_pool(work: &Arc<Work>, printer: &mut Printer<'_>) {
    let (ctx, work) = (context::background(), work.clone());
    let units = work.units();
    let counted = patterns::in_order(&ctx, at_work(), units, move |unit| work.count(&unit));
    match counted {
        Ok(counted) => print_all(counted.rx(), printer),
        Err(none) => printer.complain(&none.to_string()),
    }
}

fn by_lines_in_a_file(work: &Work, printer: &mut Printer<'_>) -> io::Result<()> {
    let file = Mutex::new(nameless_file()?);
    let failed = Mutex::new(Ok(()));
    let places = Semaphore::new(at_work());
    scope(|s| {
        for unit in work.units() {
            let place = places.acquire(1);
            let (file, failed) = (&file, &failed);
            s.go(move || {
                let lines: String = work.count(&unit).iter().map(to_line).collect();
                if let Err(error) = file.lock().write_all(lines.as_bytes()) {
                    *failed.lock() = Err(error);
                }
                drop(place);
            });
        }
    });
    failed.into_inner()?;
    let mut file = file.into_inner();
    file.rewind()?;
    for line in BufReader::new(file).lines() {
        let wrong = || io::Error::other("a line that nobody has written");
        printer.take([from_line(&line?).ok_or_else(wrong)?]);
    }
    Ok(())
}

/// A file that is gone when it is closed: its name goes at once.
fn nameless_file() -> io::Result<File> {
    let name = |n: u32| -> PathBuf {
        std::env::temp_dir().join(format!("gorge-wc-{}-{n}", std::process::id()))
    };
    for number in 0.. {
        match File::options().read(true).write(true).create_new(true).open(name(number)) {
            Ok(file) => return fs::remove_file(name(number)).map(|()| file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// `NUMBER LINES WORDS CHARS BYTES ERROR`, with `-` for what is not there.
fn to_line((number, counted): &(usize, Counted)) -> String {
    let error = counted.error.as_deref().unwrap_or("-");
    match counted.counts {
        Some(Counts { lines, words, chars, bytes }) => {
            format!("{number} {lines} {words} {chars} {bytes} {error}\n")
        }
        None => format!("{number} - - - - {error}\n"),
    }
}

fn from_line(line: &str) -> Option<(usize, Counted)> {
    let mut fields = line.splitn(6, ' ');
    let number = fields.next()?.parse().ok()?;
    let counts: Vec<Option<u64>> = fields.by_ref().take(4).map(|n| n.parse().ok()).collect();
    let error = fields.next().filter(|error| *error != "-").map(str::to_owned);
    let counts = match counts[..] {
        [Some(lines), Some(words), Some(chars), Some(bytes)] => {
            Some(Counts { lines, words, chars, bytes })
        }
        [None, None, None, None] => None,
        _ => return None,
    };
    Some((number, Counted { counts, error }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_read_back() {
        let counts = Some(Counts { lines: 1, words: 2, chars: 3, bytes: 40_000_000_000 });
        let error = Some("No such file or directory".to_owned());
        for counts in [None, counts] {
            for error in [None, error.clone()] {
                let one = (7, Counted { counts, error: error.clone() });
                let line = to_line(&one);
                assert_eq!(line.strip_suffix('\n').and_then(from_line), Some(one));
            }
        }
        assert_eq!(from_line("7 1 2 x 4 -"), None);
        assert_eq!(from_line("7 1 2"), None);
    }
}
