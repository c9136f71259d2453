//! Wrong usage: one line that says what is wrong, and what would be right.
//!
//! clap knows all of it but says it in a paragraph; here it is put into a
//! sentence. Asked-for texts (`--help`, `--version`) are printed as they are.

use crate::out::{self, Out};
use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use std::io::{self, Write};
use std::process::ExitCode;

/// The status for wrong usage.
const WRONG_USAGE: u8 = 2;

/// Prints what clap has to say about the use of `cli`; help is no failure.
pub(crate) fn report(error: &Error, cli: Command) -> ExitCode {
    if !error.use_stderr() {
        let mut out = Out::new("gorge");
        let text = error.render();
        out.write(
            if out::colours() { text.ansi().to_string() } else { text.to_string() }.as_bytes(),
        );
        return ExitCode::SUCCESS;
    }
    _ = writeln!(io::stderr(), "{}", sentence(error, cli));
    ExitCode::from(WRONG_USAGE)
}

/// Reports wrong usage that clap knows nothing about.
pub(crate) fn wrong(command: &str, what: &str) -> ExitCode {
    out::complain(command, what.as_bytes());
    ExitCode::from(WRONG_USAGE)
}

/// `tip` in words, if there is one near enough.
pub(crate) fn near(tip: Option<&str>) -> String {
    tip.map(|tip| format!(" (did you mean '{tip}'?)")).unwrap_or_default()
}

fn sentence(error: &Error, mut cli: Command) -> String {
    let said = |kind| error.get(kind).and_then(first);
    cli.build();
    let (path, command) = called(&cli);
    let tip = said(ContextKind::SuggestedSubcommand).or_else(|| said(ContextKind::SuggestedArg));
    let tip = tip.or_else(|| said(ContextKind::SuggestedValue));
    let near = near(tip.as_deref());
    let valid = error.get(ContextKind::ValidValue).map(all).unwrap_or_default();
    let what = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let name = said(ContextKind::InvalidSubcommand).unwrap_or_default();
            format!("no command '{name}'{near}; there are {}", list(&commands(command)))
        }
        ErrorKind::UnknownArgument => {
            let name = said(ContextKind::InvalidArg).unwrap_or_default();
            let kind = if name.starts_with('-') { "option" } else { "argument" };
            format!("no {kind} '{name}'{near}; there are {}", list(&options(command)))
        }
        ErrorKind::InvalidValue if !valid.is_empty() => {
            let option = said(ContextKind::InvalidArg).unwrap_or_default();
            let value = said(ContextKind::InvalidValue).unwrap_or_default();
            format!("no value '{value}' for '{option}'{near}; there are {}", list(&valid))
        }
        _ => {
            let text = error.render().to_string();
            let line = text.lines().next().unwrap_or_default();
            let line = line.strip_prefix("error: ").unwrap_or(line);
            format!("{line}; see '{path} --help'")
        }
    };
    format!("{path}: {what}")
}

/// The command that was called, with the way to it.
fn called(cli: &Command) -> (String, &Command) {
    let mut path = cli.get_name().to_owned();
    let mut command = cli;
    for word in std::env::args_os().skip(1) {
        let Some(next) = command.find_subcommand(&word) else { break };
        path = format!("{path} {}", word.display());
        command = next;
    }
    (path, command)
}

fn commands(command: &Command) -> Vec<String> {
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
    visible.map(|command| command.get_name().to_owned()).collect()
}

fn options(command: &Command) -> Vec<String> {
    let visible = command.get_arguments().filter(|arg| !arg.is_hide_set() && !arg.is_positional());
    let name = |arg: &clap::Arg| match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}/--{long}"),
        (Some(short), None) => format!("-{short}"),
        (None, Some(long)) => format!("--{long}"),
        (None, None) => String::new(),
    };
    visible.map(name).collect()
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn first(value: &ContextValue) -> Option<String> {
    match value {
        ContextValue::StyledStr(text) => Some(text.to_string()),
        other => all(other).into_iter().next(),
    }
}

fn all(value: &ContextValue) -> Vec<String> {
    match value {
        ContextValue::String(one) => vec![one.clone()],
        ContextValue::Strings(many) => many.clone(),
        _ => Vec::new(),
    }
}
