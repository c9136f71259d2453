//! How far the session has come: one line on a terminal, nothing elsewhere.

use indicatif::{ProgressBar, ProgressStyle};

/// The line.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// An empty line, shown from the first word on.
    pub(crate) fn new() -> Progress {
        // Drawn on standard error, and only if that is a terminal.
        let bar = ProgressBar::no_length();
        Progress(bar.with_style(style("{msg}")))
    }

    /// Shows something that cannot be counted.
    pub(crate) fn say(&self, now: &str) {
        self.0.set_message(now.to_owned());
        self.0.tick();
    }

    /// Shows that `done` of `total` runs are over and what runs now.
    pub(crate) fn show(&mut self, done: usize, total: usize, now: &str) {
        if self.0.length().is_none() {
            self.0.set_style(style("{pos}/{len} {wide_bar} {eta} {msg:44}"));
            self.0.set_length(total as u64);
            self.0.reset_eta();
        }
        self.0.set_message(now.to_owned());
        self.0.set_position(done as u64);
    }

    /// Takes it away.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
