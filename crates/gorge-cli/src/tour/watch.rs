//! The outside of a scene: starts its process, collects what it prints, and
//! stops it should it never end.
//!
//! The watching is done by goroutines that read pipes and wait for processes as
//! any blocking program would.

use super::program::{Program, Scene};
use super::run::{End, Line, Run};
use gorge::{Receiver, RecvTimeoutError, channel, go};
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a scene may take, unless its time is real, on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// How late a line may be in real time: a busy machine is no fault of the program.
const SLACK: Duration = Duration::from_secs(10);

/// Plays one scene of `program` in a process of `gorge` at the path `command`.
pub(crate) fn watch(
    command: &OsStr,
    program: &Program,
    number: usize,
    real_time: bool,
) -> io::Result<Run> {
    let scene: &Scene = &program.scenes[number];
    let mut command = Command::new(command);
    command.args(["tour", "--play", program.name, "--scene", &number.to_string()]);
    if real_time {
        command.arg("--real-time");
    }
    command.env("RUST_BACKTRACE", "0"); // what is to be seen is our own dump
    command.envs(scene.environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let output = read(child.stdout.take());
    let errors = read(child.stderr.take());
    let ended = match real_time {
        true => errors.recv().map_err(RecvTimeoutError::from),
        false => errors.recv_timeout(PATIENCE),
    };
    let (errors, stopped) = match ended {
        Ok(errors) => (errors, false),
        Err(RecvTimeoutError::Closed) => (Vec::new(), false),
        Err(RecvTimeoutError::Timeout) => {
            child.kill()?;
            (errors.recv().unwrap_or_default(), true)
        }
    };
    let output = output.recv().unwrap_or_default();
    let end = end(&mut child)?;
    Ok(Run {
        lines: lines(&output),
        errors: String::from_utf8_lossy(&errors).into_owned(),
        end: if stopped { End::Stopped(PATIENCE) } else { end },
        slack: if real_time { SLACK } else { Duration::ZERO },
        source: program.source,
    })
}

/// Reads `pipe` to its end; the end comes with the end of the process.
fn read(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (all, result) = channel(1);
    go(move || {
        let mut text = Vec::new();
        // What was read before an error is worth having all the same.
        _ = pipe.map(|mut pipe| pipe.read_to_end(&mut text));
        all.send(text)
    });
    result
}

fn end(child: &mut Child) -> io::Result<End> {
    let status = child.wait()?;
    Ok(match (status.code(), status.signal()) {
        (Some(code), _) => End::Status(code),
        (None, signal) => End::Signal(signal.unwrap_or(0)),
    })
}

/// The lines, with the stamps taken off.
fn lines(output: &[u8]) -> Vec<Line> {
    let text = String::from_utf8_lossy(output);
    let line = |line: &str| {
        let stamped = line.split_once('\t').and_then(|(at, text)| Some((at.parse().ok()?, text)));
        let (nanos, text) = stamped.unwrap_or((0, line));
        Line { at: Duration::from_nanos(nanos), text: text.to_owned() }
    };
    text.lines().map(line).collect()
}
