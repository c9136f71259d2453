use crate::bench::child::{command, output};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn sh(script: &str, patience: Duration) -> Result<String, String> {
    output(&mut command(&["sh".into(), "-c".into(), script.into()]), patience)
}

#[test]
fn what_it_printed() {
    assert_eq!(sh("echo one; echo two >&2", LONG), Ok("one\n".to_owned()));
}

#[test]
fn more_than_a_pipe_holds() {
    let said = sh("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2", LONG);
    assert_eq!(said.map(|said| said.len()), Ok(300_000));
}

#[test]
fn a_failure_says_the_line_that_tells_most() {
    let said = sh("echo warning >&2; echo 'error: no disk' >&2; echo bye >&2; exit 3", LONG);
    assert_eq!(said, Err("error: no disk".to_owned()));
    assert_eq!(sh("echo bye >&2; exit 3", LONG), Err("bye".to_owned()));
    assert_eq!(sh("exit 3", LONG), Err("exit status: 3".to_owned()));
}

#[test]
fn a_program_that_is_not_there() {
    let said = output(&mut command(&["gorge-no-such-program".into()]), LONG);
    assert_eq!(said, Err("gorge-no-such-program not found".to_owned()));
}

#[test]
fn the_end_of_patience_is_the_end_of_the_program() {
    // It never ends by itself; that this test ends shows that it was killed.
    let said = sh("exec tail -f /dev/null", Duration::from_millis(1));
    assert_eq!(said, Err("not done after 0 s".to_owned()));
}
