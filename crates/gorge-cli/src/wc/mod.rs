//! `gorge wc`: wc(1), with its files counted on goroutines.
//!
//! Always true:
//! * For files, the output and the exit status are those of GNU wc in the same
//!   locale. Directories, where wc gives up, are counted recursively.
//! * Rows come in the order of the arguments, each as soon as it and all before
//!   it are known.
//! * No more than [`at_work`] files are open at once.
//!
//! ```text
//!             jobs                          results
//!   hand out ------> reader, reader, ... -----------> put in order, print
//!             a channel of file numbers     numbers and counts, as they come
//! ```

mod charset;
mod class;
mod count;
mod inputs;
mod locale;
mod progress;
mod quote;
mod read;
mod table;

use crate::out::{self, Out};
use charset::Charset;
use count::Counts;
use gorge::{Receiver, RecvTimeoutError, Sender, channel, runtime, scope};
use inputs::{Input, Source};
use progress::Progress;
use read::{Counted, Look, Reader};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::process::ExitCode;
use std::sync::atomic::AtomicU64;
use table::{Columns, Table};

/// Count lines, words and bytes of files, many at a time
///
/// Without any option the lines, words and bytes are shown; the columns are
/// always in the order lines, words, characters, bytes. With more than one file
/// there is a line of totals.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Show the number of newlines
    #[arg(short, long)]
    lines: bool,
    /// Show the number of words
    #[arg(short, long)]
    words: bool,
    /// Show the number of bytes
    #[arg(short = 'c', long)]
    bytes: bool,
    /// Show the number of characters
    #[arg(short = 'm', long)]
    chars: bool,
    /// Files, or directories to go through in the order of their paths (links in
    /// them are not followed); `-`, or none at all, is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<OsString>,
}

impl Args {
    fn columns(&self) -> Columns {
        let Self { lines, words, chars, bytes, .. } = *self;
        let usual = !(lines || words || chars || bytes);
        Columns { lines: lines || usual, words: words || usual, chars, bytes: bytes || usual }
    }
}

/// The name in front of messages.
const COMMAND: &str = "gorge wc";

/// Counts, prints, and says whether everything could be read.
pub(crate) fn run(args: &Args) -> ExitCode {
    let args = args.clone();
    let well = gorge::run(move || count_and_print(&args));
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How many files are open at once: some for each processor, so that there is
/// something to compute while others wait for the disk.
fn at_work() -> usize {
    (4 * runtime::gomaxprocs(0)).clamp(4, 64)
}

fn count_and_print(args: &Args) -> bool {
    let columns = args.columns();
    let charset = Charset::of_environment();
    let one_byte = matches!(charset, Charset::Bytes(_));
    let look = match columns {
        Columns { words: true, .. } => Look::Closely,
        Columns { chars: true, .. } if !one_byte => Look::Closely,
        Columns { lines: true, .. } => Look::Lines,
        _ => Look::Size,
    };
    let inputs = inputs::list(&args.paths);
    let read = AtomicU64::new(0);
    let stdin = inputs.list.iter().any(|input| matches!(input.source, Source::Stdin));
    let mut printer = Printer {
        table: Table::new(columns, &inputs.list),
        inputs: &inputs.list,
        out: Out::new(COMMAND),
        progress: Progress::new(inputs.list.len(), stdin, &read),
        one_byte,
        total: Counts::default(),
        well: true,
    };
    scope(|s| {
        let (jobs_in, jobs) = channel::<usize>(at_work());
        let (results_in, results) = channel::<(usize, Counted)>(at_work());
        let list = &inputs.list;
        s.go(move || hand_out(list, &jobs_in));
        for _ in 0..at_work().min(list.len()) {
            let (jobs, results) = (jobs.clone(), results_in.clone());
            let reader = Reader::new(look, &charset, &read);
            s.go(move || count_inputs(reader, list, &jobs, &results));
        }
        drop((jobs, results_in));
        printer.print_in_order(&results);
    });
    if inputs.list.len() > 1 || (inputs.directories && inputs.list.is_empty()) {
        let total = printer.total;
        printer.row(total, Some("total".as_ref()));
    }
    printer.progress.clear();
    printer.out.flush();
    printer.well
}

/// Sends the number of every input to the readers; of several that are all
/// standard input, only the first.
fn hand_out(list: &[Input], jobs: &Sender<usize>) {
    let mut stdin = false;
    for (number, input) in list.iter().enumerate() {
        let again = matches!(input.source, Source::Stdin) && std::mem::replace(&mut stdin, true);
        if !again && jobs.send(number).is_err() {
            break;
        }
    }
}

/// A reader's work: inputs in, counts out, until there are no more. Who gets
/// standard input gets it each time it was named, one time after the other.
fn count_inputs(
    mut reader: Reader<'_>,
    list: &[Input],
    jobs: &Receiver<usize>,
    results: &Sender<(usize, Counted)>,
) {
    for first in jobs {
        let stdin = matches!(list[first].source, Source::Stdin);
        let same = |n: &usize| *n == first || stdin && matches!(list[*n].source, Source::Stdin);
        let last = if stdin { list.len() } else { first + 1 };
        for number in (first..last).filter(same) {
            if results.send((number, reader.count(&list[number]))).is_err() {
                return;
            }
        }
    }
}

/// Everything that is shown.
struct Printer<'a> {
    table: Table,
    inputs: &'a [Input],
    out: Out,
    progress: Progress<'a>,
    one_byte: bool,
    total: Counts,
    well: bool,
}

impl Printer<'_> {
    /// Prints results in the order of the inputs, whatever order they come in.
    fn print_in_order(&mut self, results: &Receiver<(usize, Counted)>) {
        let mut early = BTreeMap::new();
        let mut next = 0;
        while let Some((number, counted)) = self.wait(results) {
            early.insert(number, counted);
            while let Some(counted) = early.remove(&next) {
                self.print(next, counted);
                next += 1;
            }
        }
    }

    /// The next result. What is printed so far is shown before waiting for it.
    fn wait(&mut self, results: &Receiver<(usize, Counted)>) -> Option<(usize, Counted)> {
        if let Ok(result) = results.try_recv() {
            return Some(result);
        }
        self.flush();
        loop {
            let Some(patience) = self.progress.patience() else { return results.recv().ok() };
            match results.recv_timeout(patience) {
                Ok(result) => return Some(result),
                Err(RecvTimeoutError::Closed) => return None,
                Err(RecvTimeoutError::Timeout) => self.progress.show(),
            }
        }
    }

    fn print(&mut self, number: usize, counted: Counted) {
        let name = self.inputs[number].name.as_deref();
        if let Some(error) = counted.error {
            self.well = false;
            let name = quote::in_message(name.unwrap_or("standard input".as_ref()));
            let message = [&name[..], b": ", out::reason(&error).as_bytes()].concat();
            self.flush();
            self.progress.aside(|| out::complain(COMMAND, &message));
        }
        if let Some(mut counts) = counted.counts {
            if self.one_byte {
                counts.chars = counts.bytes;
            }
            self.row(counts, name);
            self.total += counts;
        }
        self.progress.done();
        self.progress.show();
    }

    fn row(&mut self, counts: Counts, name: Option<&OsStr>) {
        self.out.write(&self.table.row(&counts, name));
    }

    fn flush(&mut self) {
        let Self { out, progress, .. } = self;
        if !out.is_empty() {
            progress.aside(|| out.flush());
        }
    }
}
