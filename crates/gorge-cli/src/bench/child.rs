//! Running another program to its end, or to the end of patience.

use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A command of a program and its first words.
pub(crate) fn command(words: &[OsString]) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

/// Runs `command` without input and returns what it printed.
///
/// Nothing runs in this process meanwhile: two threads wait in reads.
///
/// # Errors
///
/// One line that says why there is no output: the program is missing, fails
/// (then the last thing it said), or is not done after `patience` and killed.
pub(crate) fn output(command: &mut Command, patience: Duration) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("{name} not found"),
        _ => format!("cannot run {name}: {error}"),
    })?;
    let (done, all_read) = mpsc::channel();
    let stdout = child.stdout.take().map(|pipe| read_all(pipe, done.clone()));
    let stderr = child.stderr.take().map(|pipe| read_all(pipe, done));
    // Both ends are read to their end, or the time is up.
    let in_time = (0..2).all(|_| all_read.recv_timeout(patience).is_ok());
    if !in_time {
        // Killing fails only if it has just ended by itself.
        _ = child.kill();
    }
    let status = child.wait().map_err(|error| format!("cannot wait for {name}: {error}"))?;
    if !in_time {
        return Err(format!("not done after {} s", patience.as_secs()));
    }
    let text = |reader: Option<thread::JoinHandle<Vec<u8>>>| {
        let bytes = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (printed, complained) = (text(stdout), text(stderr));
    match status.success() {
        true => Ok(printed),
        false => Err(reason(&complained).unwrap_or_else(|| status.to_string())),
    }
}

fn read_all(
    mut pipe: impl Read + Send + 'static,
    done: mpsc::Sender<()>,
) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks has said all it will.
        _ = pipe.read_to_end(&mut bytes);
        _ = done.send(());
        bytes
    })
}

/// The line of a program's complaints that says most: the first that speaks of
/// an error or a panic, else the last.
fn reason(complaints: &str) -> Option<String> {
    let lines = || complaints.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling = |line: &&str| {
        let line = line.to_lowercase();
        ["error", "panic", "fatal"].iter().any(|word| line.contains(word))
    };
    lines().find(telling).or_else(|| lines().next_back()).map(str::to_owned)
}
