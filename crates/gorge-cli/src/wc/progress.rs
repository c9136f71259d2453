//! How far the count has come, shown on a terminal when it takes longer than a
//! second, and never anywhere else: not into a file, not in between what somebody
//! types.

use gorge::{Receiver, select};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Nothing is shown before this long.
const PATIENCE: Duration = Duration::from_secs(1);

/// Time between two looks.
const STEP: Duration = Duration::from_millis(100);

/// The progress of one count.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    done: AtomicU64,
    read: &'a AtomicU64,
    /// Hidden at first, and for ever where there is nobody to show it to.
    bar: ProgressBar,
    terminal: bool,
}

impl<'a> Progress<'a> {
    /// The progress of a count of `files`, whose readers add to `read`; `typed` if
    /// standard input is among them.
    pub(crate) fn new(files: usize, typed: bool, read: &'a AtomicU64) -> Self {
        let typed = typed && io::stdin().is_terminal();
        let terminal = io::stderr().is_terminal() && !typed;
        let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::hidden());
        Self { done: AtomicU64::new(0), read, bar, terminal }
    }

    /// One more file is done.
    pub(crate) fn done(&self) {
        self.done.fetch_add(1, Relaxed);
    }

    /// Shows the state of things until `over` is closed.
    pub(crate) fn watch(&self, over: &Receiver<()>) {
        let mut patience = PATIENCE;
        loop {
            select! {
                recv(over) -> _ => break,
                timeout(patience), if self.terminal => self.show(),
            }
            patience = STEP;
        }
        self.bar.finish_and_clear();
    }

    fn show(&self) {
        if self.bar.is_hidden() {
            let template = "{pos}/{len} files, {msg} {wide_bar} {elapsed}";
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            self.bar.set_style(style);
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let read = indicatif::HumanBytes(self.read.load(Relaxed));
        self.bar.set_message(format!("{read} read"));
        self.bar.set_position(self.done.load(Relaxed));
    }

    /// Does `write` with the bar out of the way.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.terminal { self.bar.suspend(write) } else { write() }
    }
}
