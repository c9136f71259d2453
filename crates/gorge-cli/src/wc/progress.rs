//! How far the count has come, shown on a terminal when it takes longer than a
//! second, and never anywhere else: not into a file, not in between what somebody
//! types.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Nothing is shown before this long.
const PATIENCE: Duration = Duration::from_secs(1);

/// Time between two looks.
const STEP: Duration = Duration::from_millis(100);

/// The progress of one count.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    started: Instant,
    files: u64,
    done: u64,
    read: &'a AtomicU64,
    terminal: bool,
    bar: Option<ProgressBar>,
}

impl<'a> Progress<'a> {
    /// The progress of a count of `files`, whose readers add to `read`; `typed` if
    /// standard input is among them.
    pub(crate) fn new(files: usize, typed: bool, read: &'a AtomicU64) -> Self {
        let typed = typed && io::stdin().is_terminal();
        let terminal = io::stderr().is_terminal() && !typed;
        Self { started: Instant::now(), files: files as u64, done: 0, read, terminal, bar: None }
    }

    /// How long to wait for the next result before looking in again; no limit
    /// when there is nobody to show anything to.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.terminal.then_some(STEP)
    }

    /// One more file is done.
    pub(crate) fn done(&mut self) {
        self.done += 1;
    }

    /// Draws the state of things, if it is time.
    pub(crate) fn show(&mut self) {
        if !self.terminal || self.started.elapsed() < PATIENCE {
            return;
        }
        let files = self.files;
        let bar = self.bar.get_or_insert_with(|| {
            let target = ProgressDrawTarget::stderr();
            let template = "{pos}/{len} files, {msg} {wide_bar} {elapsed}";
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::with_draw_target(Some(files), target);
            bar.with_style(style).with_elapsed(PATIENCE)
        });
        bar.set_message(format!("{} read", indicatif::HumanBytes(self.read.load(Relaxed))));
        bar.set_position(self.done);
    }

    /// Does `write` with the bar out of the way.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
