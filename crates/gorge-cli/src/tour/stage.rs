//! The inside of a scene's process: chooses its clock, runs it, and stamps every
//! line it prints.
//!
//! ```text
//!   5000000000<tab>BREAKING NEWS: ...        nanoseconds since the scene began
//! ```

use super::program::Scene;
use gorge::time::{self, Instant};
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

/// The scene of this process.
static SCENE: OnceLock<&Scene> = OnceLock::new();

/// When the scene began, by its own clock.
static BEGAN: OnceLock<Instant> = OnceLock::new();

/// Runs `scene` to its end, whatever that is.
pub(crate) fn play(scene: &'static Scene, real_time: bool) -> ExitCode {
    if !real_time {
        gorge::runtime::use_virtual_clock();
    }
    SCENE.get_or_init(|| scene);
    main()
}

/// The scene, on goroutine 1; its panic ends the process as in Go.
#[gorge::main]
fn main() -> ExitCode {
    BEGAN.get_or_init(time::now);
    if let Some(scene) = SCENE.get() {
        (scene.main)();
    }
    ExitCode::SUCCESS
}

/// Prints a line as `println!` does, with its time if a scene is being played.
pub(crate) fn print(text: fmt::Arguments<'_>) {
    let line = match BEGAN.get() {
        Some(&began) => format!("{}\t{text}\n", time::now().duration_since(began).as_nanos()),
        None => format!("{text}\n"),
    };
    // Whoever watches may have stopped watching; that is no reason to fail.
    _ = io::stdout().lock().write_all(line.as_bytes());
}

/// Prints a line, as the standard library's macro of that name.
macro_rules! println {
    ($($text:tt)*) => { $crate::tour::stage::print(::std::format_args!($($text)*)) };
}
pub(crate) use println;
