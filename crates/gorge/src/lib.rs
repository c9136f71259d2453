//! Go's concurrency system for Rust: goroutines, channels, select, timers, on
//! plain blocking code.
//!
//! A goroutine is a thread to all code in it, and costs a few kilobytes. It may
//! block anywhere, use thread-locals, hold any guard while it waits, and compute
//! as long as it likes; so [`go`] is a safe function, and functions have no colour.
//!
//! ```
//! use gorge::{channel, go};
//!
//! #[gorge::main]
//! fn main() {
//!     let (to_main, squares) = channel(0);
//!     for n in 1..=3 {
//!         let to_main = to_main.clone();
//!         go(move || to_main.send(n * n));
//!     }
//!     drop(to_main); // when the last sender is gone the channel is closed
//!     assert_eq!(squares.iter().sum::<i32>(), 14);
//! }
//! ```
//!
//! From a checkout, `cargo run --release` shows the tour, more than a hundred short programs with their lessons, and
//! `cargo test` runs them as tests. The book is in `docs/book`.
//!
//! | instead of | because |
//! |---|---|
//! | Go | what goroutines share without a lock does not compile; they may borrow from their caller; no garbage collector; [races](race), [every order of a test](testing::explore), [deadlocks of a part](runtime::deadlock) and [leaks](runtime::leak) are looked for without other tools |
//! | tokio | no `async`: functions have no colour, nothing is dropped half-way, whatever library blocks can be called; async ones too, by [`wait`](future::FutureExt::wait) |
//! | may | [`go`] needs no `unsafe`: thread-locals, guards of `std` and blocking calls are right in a goroutine |
//! | threads | hundreds of thousands of them; [`select!`], [contexts](context), and a report when everybody waits for ever |
//!
//! Limits: the code is new. Fibers are for Linux with glibc on x86-64; elsewhere each goroutine is an OS thread. One that waits
//! takes 4.4 KB, where a task of an async runtime takes what its state needs. For all processors on one computation, take rayon.
//!
//! # Goroutines
//!
//! [`go`] starts one. Its handle gives the value; dropping the handle lets the
//! goroutine go on by itself.
//!
//! ```
//! let answer = gorge::go(|| 6 * 7);
//! assert_eq!(answer.join().unwrap(), 42);
//! ```
//!
//! In a [`scope`] goroutines may borrow, because none outlives it:
//!
//! ```
//! let mut halves = [0, 0];
//! let (left, right) = halves.split_at_mut(1);
//! gorge::scope(|s| {
//!     s.go(|| left[0] = (1..=500).sum());
//!     s.go(|| right[0] = (501..=1000).sum());
//! });
//! assert_eq!(halves[0] + halves[1], 500_500);
//! ```
//!
//! A program begins with [`#[gorge::main]`](main), and ends when `main` returns,
//! as in Go. A plain thread may also start goroutines, join them, and use
//! channels: it blocks where a goroutine would park.
//!
//! # Channels
//!
//! [`channel`] makes the two ends of a queue with room for so many values; with
//! room for none, sender and receiver meet.
//!
//! ```
//! use gorge::{channel, go};
//!
//! let (tx, rx) = channel(0);
//! go(move || {
//!     for n in 1..=3 {
//!         tx.send(n * n).unwrap();
//!     }
//! }); // the last sender is dropped: the channel is closed
//! assert_eq!(rx.iter().sum::<i32>(), 14);
//! ```
//!
//! [`Chan`] is the channel of Go, one handle for both directions, with Go's
//! zero values after the close and Go's panics.
//!
//! # Select
//!
//! [`select!`] waits for the first of several things; among those that are
//! ready, chance decides.
//!
//! ```
//! use gorge::{channel, select};
//! use std::time::Duration;
//!
//! let (tx, rx) = channel::<&str>(1);
//! let (_quit, stop) = channel::<()>(0);
//! tx.send("hello").unwrap();
//! select! {
//!     recv(rx) -> word => assert_eq!(word, Ok("hello")),
//!     recv(stop) -> _ => panic!("nobody said stop"),
//!     timeout(Duration::from_secs(1)) => panic!("the word is there"),
//! }
//! ```
//!
//! # Time
//!
//! [`time`] has `sleep`, timers and tickers. A program whose goroutines all wait
//! for a time can let a [virtual clock](runtime::use_virtual_clock) jump:
//!
//! ```
//! use std::time::Duration;
//!
//! gorge::runtime::use_virtual_clock();
//! let began = gorge::time::now();
//! gorge::run(|| gorge::time::sleep(Duration::from_secs(86_400)));
//! assert_eq!(began.elapsed(), Duration::from_secs(86_400)); // and it took no time
//! ```
//!
//! # Contexts, groups, patterns
//!
//! A [`context`] carries the end of a task to everybody who works on it; a [`group`] runs the parts of a task and
//! has one outcome; [`patterns`] are pools, pipelines and their kin. Each ends the goroutines it has started.
//!
//! ```
//! use gorge::{context, group::Group};
//! use std::time::Duration;
//!
//! gorge::run(|| {
//!     let (group, ctx) = Group::with_context(&context::background());
//!     group.go(move || ctx.sleep(Duration::from_secs(3600)).map_err(|end| end.to_string()));
//!     group.go(|| Err("the other part failed".to_owned())); // which ends the sleep
//!     assert_eq!(group.wait(), Err("the other part failed".to_owned()));
//! });
//! ```
//!
//! # The network
//!
//! [`net`] has `std`'s types with `std`'s names, and Go's deadlines, [`dial`](net::dial) and `close`. A goroutine for each
//! connection reads and writes as if it were alone; what would block parks. Whatever is written for a
//! `Read` and a `Write` (TLS, HTTP, WebSocket, databases) runs on the streams unchanged, and an [`io::Fd`] waits for any
//! descriptor.
//!
//! ```
//! use gorge::net::{TcpListener, TcpStream};
//! use std::io::{Read, Write};
//!
//! gorge::run(|| {
//!     let listener = TcpListener::bind("127.0.0.1:0").unwrap();
//!     let address = listener.local_addr().unwrap();
//!     let server = gorge::go(move || {
//!         let (mut stream, _) = listener.accept().unwrap();
//!         stream.write_all(b"good day").unwrap();
//!     });
//!     let mut words = String::new();
//!     TcpStream::connect(address).unwrap().read_to_string(&mut words).unwrap();
//!     assert_eq!(words, "good day");
//!     server.join().unwrap();
//! });
//! ```
//!
//! # The operating system
//!
//! [`fs`], [`process`], [`io`] and [`net`] have `std`'s names and park where `std` blocks the thread; a [`signal`] comes on a
//! channel. For other calls that take long there is [`blocking`]; without it others wait a few milliseconds.
//!
//! ```
//! use gorge::{context, process::Command, signal::{self, Signal}};
//!
//! gorge::run(|| -> std::io::Result<()> {
//!     // Ctrl-C ends the context, and the context ends the process.
//!     let (ctx, _stop) = signal::notify_context(&context::background(), [Signal::INTERRUPT]);
//!     let output = Command::new("echo").arg("hello").output_ctx(&ctx)?;
//!     assert_eq!(output.stdout, b"hello\n");
//!     Ok(())
//! })
//! .unwrap();
//! ```
//!
//! # Async libraries
//!
//! A goroutine waits for a [`future`] by parking, so libraries made for async code can be used from plain code; and
//! async code can `.await` a goroutine.
//!
//! ```
//! use gorge::future::FutureExt;
//!
//! async fn answer() -> i32 { 42 }
//! assert_eq!(gorge::go(|| answer().wait()).join().unwrap(), 42);
//! ```
//!
//! # When nothing can ever run again
//!
//! the program ends with Go's words, a dump of every goroutine (what it waits
//! for, where, since when, who started it) and exit status 2, instead of
//! hanging. While a timer, a blocking call or a plain thread outside the runtime
//! may still wake somebody, nothing is reported.
//!
//! # Two modes
//!
//! On Linux with glibc on x86-64 goroutines are fibers with thread-local storage
//! of their own ([`Mode::Fiber`](runtime::Mode::Fiber)). Elsewhere, and with
//! `GORGE_MODE=threads`, each is an OS thread, of which only as many run as there
//! are processors: slower, and the same otherwise.
//!
//! | environment | meaning | default |
//! |---|---|---|
//! | `GOMAXPROCS` | how many goroutines run at the same time | processors allowed to the process |
//! | `GORGE_MODE` | `auto`, `fibers` or `threads` | `auto` |
//! | `GORGE_RACE` | `1`, or [options](race): reports data races | off; in tests a race is a failure, unless `0` |
//! | `GORGE_DEADLOCK` | `1`: reports [deadlocks of a part](runtime::deadlock); `exit`: and ends the program | off; `exit` in tests |
//! | `GORGE_LEAKS` | `1`: tells at the end of [goroutines that wait for ever](runtime::leak) | off |
//! | `GORGE_LOCK_ORDER` | `1`: warns of locks taken in different orders | off |
//! | `GORGE_STACK` | bytes of address space for each stack | 128 KiB; 256 KiB in a debug build |

extern crate self as gorge;

pub use gorge_macros::{main, select, test};
pub use gorge_sched::{
    Goroutine, JoinError, Joined, Payload, Scope, ScopedGoroutine, SpawnError, alloc, blocking,
};

mod start;
pub use start::{Builder, go, run, scope};

pub mod race;
pub mod runtime;

/// Futures in goroutines, and goroutines and channels in futures.
///
/// Neither side needs to know of the other: a goroutine waits for any future as it waits for anything else, by
/// parking; a task of any async runtime waits for a channel or a goroutine by `.await`.
///
/// | from here | to there | by |
/// |---|---|---|
/// | goroutine, thread | a future | [`wait`](future::FutureExt::wait), [`wait_timeout`](future::FutureExt::wait_timeout), [`block_on`](future::block_on) |
/// | `select!`, contexts | a future | [`arm`](future::FutureExt::arm) |
/// | async task | a goroutine's end | `goroutine.await` |
/// | async task | a channel | [`recv_async`](Receiver::recv_async), [`send_async`](Sender::send_async) |
/// | async task | locks, processes, descriptors: what a select can wait for | [`when`](future::when) |
/// | streams, sinks | a channel | [`stream`](future::stream()), [`sink`](future::sink()) |
///
/// # Examples
/// ```
/// use gorge::future::FutureExt;
///
/// async fn answer() -> i32 { 42 }
/// assert_eq!(gorge::go(|| answer().wait()).join().unwrap(), 42);
/// ```
///
/// Futures that need their own runtime's timers and sockets (those of tokio, and of what is built on it) find it
/// through a thread-local: enter it (`let _inside = handle.enter();`), and wait.
pub mod future {
    pub use gorge_async::*;
}
pub use gorge_check::testing;
pub use gorge_flow::{context, group, patterns};
#[cfg(unix)]
pub use gorge_net::net;
#[cfg(unix)]
pub use gorge_os::{fs, process, signal};
pub use gorge_sync::chan::*;
pub use gorge_sync::sync;
pub use gorge_sync::{chan, select, time};

/// Descriptors that can be waited for, moving bytes between them, the standard streams.
#[cfg(unix)]
pub mod io {
    pub use gorge_net::io::*;
    pub use gorge_os::io::*;
}

#[doc(hidden)]
pub mod __private {
    pub use crate::start::run_main;
    pub use gorge_check::testing::{Verdict, run_test, test_name};
    pub use gorge_sync::macros::*;
}

#[cfg(doctest)]
#[doc = include_str!("../../../docs/porting-from-go.md")]
mod porting_from_go {}

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}

/// The chapters of the book that have code of their own; the others are included above or have none.
#[cfg(doctest)]
mod book {
    macro_rules! chapters {
        ($($name:ident $path:literal)*) => {
            $(#[doc = include_str!(concat!("../../../docs/book/src/", $path))] mod $name {})*
        };
    }
    chapters! {
        first_steps "first-steps.md"
        goroutines "goroutines.md"
        channels "channels.md"
        select "select.md"
        sync "sync.md"
        context "context.md"
        blocking "blocking.md"
        patterns "patterns.md"
        debugging "debugging.md"
        testing "testing.md"
        performance "performance.md"
        choosing "choosing.md"
        porting_from_threads "porting-from-threads.md"
        porting_from_tokio "porting-from-tokio.md"
    }
}
