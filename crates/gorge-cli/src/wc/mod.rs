//! `gorge wc`: wc(1), with its files counted on goroutines.
//!
//! Always true:
//! * For files, the output and the exit status are those of GNU wc in the same
//!   locale. Directories, where wc gives up, are counted recursively.
//! * Rows come in the order of the arguments; by channel, shared memory and pool each soon
//!   after it and all before it are known (small files are counted several at a time).
//! * The result is the same whichever way is taken (see `via`).

mod charset;
mod class;
mod count;
mod files;
mod inputs;
mod locale;
mod marks;
mod print;
mod progress;
mod quote;
mod read;
mod split;
mod table;
mod via;
mod work;

use charset::Charset;
use gorge::{channel, scope};
use inputs::Input;
use print::Printer;
use progress::Progress;
use read::Look;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use table::{Columns, Table};
use via::Via;
use work::Work;

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
    /// How the goroutines share the work; the result is always the same
    #[arg(long, value_name = "WAY", value_enum, default_value_t)]
    via: Via,
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
    let table = Table::new(columns, one_byte, &inputs.list);
    let typed = inputs.list.iter().any(Input::is_stdin);
    let work = Arc::new(Work::new(inputs.list, look, charset));
    let progress = Progress::new(work.inputs.len(), typed, &work.read);
    let mut printer = Printer::new(COMMAND, &work.inputs, table, &progress);
    scope(|s| {
        let (_counting, over) = channel(0);
        let progress = &progress;
        s.go(move || progress.watch(&over));
        args.via.count(&work, &mut printer);
    });
    printer.finish(inputs.directories)
}
