//! What is shown: rows, messages, the total.
//!
//! Always true: rows and messages come in the order of the inputs, whatever order
//! the counts come in.

use super::count::Counts;
use super::inputs::Input;
use super::progress::Progress;
use super::quote;
use super::read::Counted;
use super::table::Table;
use crate::out::{self, Out};
use std::collections::BTreeMap;
use std::ffi::OsStr;

/// Prints what it is given as soon as its turn has come.
#[derive(Debug)]
pub(crate) struct Printer<'a> {
    command: &'static str,
    inputs: &'a [Input],
    table: Table,
    progress: &'a Progress<'a>,
    out: Out,
    /// What has come before its turn.
    early: BTreeMap<usize, Counted>,
    next: usize,
    total: Counts,
    well: bool,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(
        command: &'static str,
        inputs: &'a [Input],
        table: Table,
        progress: &'a Progress<'a>,
    ) -> Self {
        let (early, total) = (BTreeMap::new(), Counts::default());
        let out = Out::new(command);
        Self { command, inputs, table, progress, out, early, next: 0, total, well: true }
    }

    /// Takes what became of these inputs.
    pub(crate) fn take(&mut self, counted: impl IntoIterator<Item = (usize, Counted)>) {
        for (number, counted) in counted {
            self.progress.done();
            self.early.insert(number, counted);
        }
        while let Some(counted) = self.early.remove(&self.next) {
            self.print(self.next, counted);
            self.next += 1;
        }
    }

    /// Shows what has been printed so far: to be called before waiting for more.
    pub(crate) fn flush(&mut self) {
        let Self { out, progress, .. } = self;
        if !out.is_empty() {
            progress.aside(|| out.flush());
        }
    }

    /// Something went wrong that has to do with no input.
    pub(crate) fn complain(&mut self, message: &str) {
        self.well = false;
        self.flush();
        self.progress.aside(|| out::complain(self.command, message.as_bytes()));
    }

    /// Prints the total if there are several rows, or could have been. Whether all went well.
    pub(crate) fn finish(mut self, directories: bool) -> bool {
        let complete = self.next == self.inputs.len();
        if complete && (self.inputs.len() > 1 || directories && self.inputs.is_empty()) {
            let total = self.total;
            self.row(total, Some("total".as_ref()));
        }
        self.flush();
        self.well
    }

    fn print(&mut self, number: usize, counted: Counted) {
        let name = self.inputs[number].name.as_deref();
        if let Some(error) = counted.error {
            self.well = false;
            let name = quote::in_message(name.unwrap_or("standard input".as_ref()));
            let message = [&name[..], b": ", error.as_bytes()].concat();
            self.flush();
            self.progress.aside(|| out::complain(self.command, &message));
        }
        if let Some(counts) = counted.counts {
            self.row(counts, name);
            self.total += counts;
        }
    }

    fn row(&mut self, counts: Counts, name: Option<&OsStr>) {
        self.out.write(&self.table.row(&counts, name));
    }
}
