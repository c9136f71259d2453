//! `gorge tour`: short concurrent programs that say for themselves whether they
//! did what they are said to do.
//!
//! Always true:
//! * Every scene is a process of this same command (`stage` is its inside,
//!   `watch` its outside), so a deadlock or a panic is a result like any
//!   other.
//! * Time is virtual unless `--real-time`: it passes when every goroutine waits,
//!   and two hours take no time at all.
//! * As many programs run at once as there are processors; their order on the page
//!   is the order of the tour.

mod guide;
mod kitchen;
mod patterns;
pub mod program;
pub mod run;
mod show;
pub mod source;
mod stage;
mod steps;
mod toolbox;
mod watch;

use crate::out::{self, Out};
use crate::usage;
use gorge::{Goroutine, channel, go, runtime};
use program::{Program, Section};
use run::Run;
use show::{Detail, Pen, Seen};
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

/// Watch short concurrent programs at work, each with its lesson
///
/// Without a name all of them are run, many at once. With names, the lesson and
/// the code of each are shown too.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Programs to run (see --list)
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// List the programs
    #[arg(long)]
    list: bool,
    /// Really wait where a program waits (some wait for hours)
    #[arg(long)]
    real_time: bool,
    /// Be the process of a scene
    #[arg(long, value_name = "NAME", hide = true)]
    play: Option<String>,
    /// Which scene
    #[arg(long, value_name = "NUMBER", hide = true, default_value_t = 0)]
    scene: usize,
}

/// The parts of the tour.
pub const SECTIONS: &[Section] =
    &[steps::SECTION, toolbox::SECTION, patterns::SECTION, kitchen::SECTION, guide::SECTION];

/// All programs, in the order of the tour.
pub fn programs() -> impl Iterator<Item = &'static Program> {
    SECTIONS.iter().flat_map(|section| section.programs)
}

/// The name in front of messages.
const COMMAND: &str = "gorge tour";

/// Runs what was asked for.
pub fn run(args: &Args) -> ExitCode {
    if let Some(name) = &args.play {
        return play(name, args.scene, args.real_time);
    }
    let mut out = Out::new(COMMAND);
    let pen = Pen { coloured: out::colours() };
    if args.list {
        show::list(&mut out, pen, SECTIONS);
        return ExitCode::SUCCESS;
    }
    let mut chosen: Vec<&'static Program> = Vec::new();
    for name in &args.names {
        match programs().find(|program| program.name == name) {
            Some(program) => chosen.push(program),
            None => return no_such(name),
        }
    }
    let detail = if chosen.is_empty() { Detail::Brief } else { Detail::Full };
    if chosen.is_empty() {
        chosen = programs().collect();
    }
    let real_time = args.real_time;
    let well = gorge::run(move || tour(out, pen, &chosen, detail, real_time));
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the programs and prints them; whether all were as documented.
fn tour(
    mut out: Out,
    pen: Pen,
    chosen: &[&'static Program],
    detail: Detail,
    real_time: bool,
) -> bool {
    let command = match std::env::current_exe() {
        Ok(path) => path.into_os_string(),
        Err(error) => {
            out::complain(
                COMMAND,
                format!("cannot find itself: {}", out::reason(&error)).as_bytes(),
            );
            return false;
        }
    };
    let begun = start(&command, chosen, real_time);
    let mut well = 0;
    for (program, seen) in chosen.iter().zip(begun) {
        show::introduce(&mut out, pen, program, detail);
        out.flush();
        let seen = seen.join().unwrap_or_default();
        let complete = seen.len() == program.scenes.len();
        well += usize::from(show::report(&mut out, pen, program, &seen, detail) && complete);
        out.flush();
    }
    let (all, not) = (chosen.len(), chosen.len() - well);
    let programs = if all == 1 { "program" } else { "programs" };
    let summary = format!("{all} {programs}, {well} as documented, {not} not");
    out.line(if not == 0 { pen.good(&summary) } else { pen.bad(&summary) });
    out.flush();
    not == 0
}

/// Starts a goroutine for each program, of which as many are at work at once as
/// there are processors.
fn start(command: &OsString, chosen: &[&'static Program], real_time: bool) -> Vec<Goroutine<Seen>> {
    let (enter, leave) = channel(if real_time { chosen.len() } else { runtime::num_cpu() });
    let start = |&program: &&'static Program| {
        let (command, enter, leave) = (command.clone(), enter.clone(), leave.clone());
        go(move || {
            _ = enter.send(());
            let seen = watch_all(&command, program, real_time);
            _ = leave.recv();
            seen
        })
    };
    chosen.iter().map(start).collect()
}

fn watch_all(command: &OsString, program: &Program, real_time: bool) -> Seen {
    let scenes = 0..program.scenes.len();
    scenes.map(|number| watch::watch(command, program, number, real_time)).collect()
}

/// Plays a program with the `gorge` at that path, as the tour does, and gives
/// back what was seen of each scene.
///
/// # Errors
///
/// When the process cannot be started or waited for.
pub fn watch(command: &std::ffi::OsStr, program: &Program) -> io::Result<Vec<Run>> {
    let scenes = 0..program.scenes.len();
    scenes.map(|number| watch::watch(command, program, number, false)).collect()
}

fn play(name: &str, scene: usize, real_time: bool) -> ExitCode {
    let program = programs().find(|program| program.name == name);
    match program.and_then(|program| program.scenes.get(scene)) {
        Some(scene) => stage::play(scene, real_time),
        None => no_such(name),
    }
}

fn no_such(name: &str) -> ExitCode {
    let alike = |program: &&Program| (strsim::jaro_winkler(program.name, name) * 1000.0) as u32;
    let near = programs().max_by_key(alike).filter(|program| alike(program) > 800);
    let near = usage::near(near.map(|program| program.name));
    usage::wrong(COMMAND, &format!("no program '{name}'{near}; '{COMMAND} --list' names them all"))
}
