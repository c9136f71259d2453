//! Data races: variables that have them, and the detector that finds them.
//!
//! `GORGE_RACE=1` switches the detector on. It reports accesses to one [`Shared`] variable of which at least
//! one is a write and which nothing orders, in Go's form:
//!
//! ```text
//! ==================
//! WARNING: DATA RACE
//! Write at 0x00c0000b4010 by goroutine 7:
//!   app::count()
//!       /home/me/app/src/main.rs:12 +0x2a
//!
//! Previous write at 0x00c0000b4010 by main goroutine:
//!   app::main()
//!       /home/me/app/src/main.rs:20 +0x91
//!
//! Goroutine 7 (running) created at:
//!   app::main()
//!       /home/me/app/src/main.rs:18 +0x40
//! ==================
//! Found 1 data race(s)
//! ```
//!
//! and the program, if it ends well otherwise, ends with status 66. Each pair of places is reported once. `GORGE_RACE`
//! may also be any of these, with blanks between:
//!
//! | option | meaning | default |
//! |---|---|---|
//! | `halt_on_error=1` | the program ends with the first race | 0 |
//! | `exitcode=N` | the status after races | 66 |
//! | `log_path=FILE` | reports go to `FILE.<process>` | standard error |
//! | `strip_path_prefix=PREFIX` | left out of file names | |
//! | `suppress=PATTERN` | no report with this in a function or file; `*` is anything | |
//! | `suppressions=FILE` | such patterns, one in a line | |
//!
//! Under [exploration](crate::testing) races are found without luck, and are failures of their schedules. A plain
//! `#[gorge::test]` fails with them too, unless `GORGE_RACE=0` says otherwise: from its first [`Shared`] variable on
//! its accesses are watched.

pub use gorge_check::race::{Race, Watch, count, enable, watch};
pub use gorge_sync::race::Shared;
