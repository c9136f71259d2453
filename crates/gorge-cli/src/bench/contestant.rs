//! A system that takes part: the program to call and what it can measure.
//!
//! Gorge and its peers are called alike, so that they are measured alike:
//!
//! ```text
//! PROGRAM.. list                                        -> {"row":"yield","variant":"","note":""}
//!                                                          {"row":"stream","none":"no bounded channel"}
//!                                                          {"row":"*","none":"no locks"}, all others
//!                                                          {"serves":"echo"}: see `serve`
//! PROGRAM.. run WORK VARIANT PROCS MILLISECONDS CROWD   -> {"row":"yield","ns_per_op":9.5,"ops":20000000}
//! ```

use super::child;
use super::measure::Job;
use super::sample::Sample;
use super::serve;
use serde_json::Value;
use std::ffi::OsString;
use std::time::Duration;

/// A system whose program is there.
#[derive(Debug)]
pub(crate) struct Contestant {
    /// What the table calls it.
    pub name: &'static str,
    /// Its program and the words that come before all others.
    program: Vec<OsString>,
    /// What it can measure.
    pub offers: Vec<Offer>,
    /// Works it has nothing for, and why.
    pub nones: Vec<(String, String)>,
}

/// One way in which a system does one work.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Offer {
    /// The work.
    pub work: String,
    /// Which of its ways of working; empty when it has one only.
    pub variant: String,
    /// In what its operation differs from the row's title; empty in nothing.
    pub note: String,
    /// It does less than the title says: shown, but not compared.
    pub aside: bool,
}

/// How long a program may think about what it can do.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a run may take beyond what it is asked for: an end of those that hang, on the busiest machine.
const PATIENCE_OF_A_RUN: Duration = Duration::from_secs(300);

impl Contestant {
    /// Asks `program` what it can measure.
    ///
    /// # Errors
    ///
    /// The program does not run, or says something else: what to show.
    pub(crate) fn ask(name: &'static str, program: Vec<OsString>) -> Result<Contestant, String> {
        let said = child::output(child::command(&program).arg("list"), PATIENCE)?;
        let (mut offers, mut nones) = (Vec::new(), Vec::new());
        for line in said.lines() {
            let value = parse(line)?;
            let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
            let work = text("row");
            if let Some(kind) = value["serves"].as_str() {
                let loads = serve::LOADS.iter().filter(|load| load.kind == kind);
                let offer = |load: &serve::Load| Offer {
                    work: load.work.to_owned(),
                    note: text("note"),
                    ..Offer::default()
                };
                offers.extend(loads.map(offer));
                continue;
            }
            match value.get("none") {
                Some(_) => nones.push((work, text("none"))),
                None => offers.push(Offer {
                    work,
                    variant: text("variant"),
                    note: text("note"),
                    aside: value["aside"].as_bool().unwrap_or(false),
                }),
            }
        }
        Ok(Contestant { name, program, offers, nones })
    }

    /// Measures once.
    ///
    /// # Errors
    ///
    /// The program fails, takes far too long, or says something else.
    pub(crate) fn run(&self, offer: &Offer, job: &Job) -> Result<Vec<Sample>, String> {
        if let Some(load) = serve::load_of(&offer.work) {
            return serve::measure(&self.program, load, job);
        }
        let mut command = child::command(&self.program);
        command.args(["run", &offer.work, &offer.variant]);
        command.args([job.procs.to_string(), job.budget.as_millis().to_string()]);
        command.arg(job.crowd.to_string());
        command.env("GOMAXPROCS", job.procs.to_string());
        let for_crowd = Duration::from_micros(60) * job.crowd as u32;
        let said = child::output(&mut command, PATIENCE_OF_A_RUN + job.budget * 20 + for_crowd)?;
        said.lines().map(sample).collect()
    }
}

fn sample(line: &str) -> Result<Sample, String> {
    let value = parse(line)?;
    match (value["row"].as_str(), value["ns_per_op"].as_f64()) {
        (Some(row), Some(ns_per_op)) => {
            Ok(Sample { row: row.to_owned(), ns_per_op, bytes: value["bytes"].as_f64() })
        }
        _ => Err(format!("not a figure: {line}")),
    }
}

fn parse(line: &str) -> Result<Value, String> {
    serde_json::from_str(line).map_err(|_| format!("not a line of JSON: {line}"))
}
