//! The macros of Gorge: `select!`, `#[main]`, `#[test]`.
//!
//! Promise: a mistake in their use is reported at the token that is to blame,
//! and what they expand to holds no logic of its own: it only calls what
//! `gorge::__private` has.
//!
//! | file | holds |
//! |---|---|
//! | `select/parse` | the arms as written, and what may be wrong with them |
//! | `select/expand` | the arms as code |
//! | `entry` | `#[main]` and `#[test]` |
//!
//! The users' documentation stands with the re-exports in the crate `gorge`;
//! what is said here is what they see there.

mod entry;
mod select;

use proc_macro::TokenStream;

/// Waits until one of several channel operations can happen, does that one,
/// and runs its body. The value of the whole is the value of the body.
///
/// ```text
/// select! {
///     recv(receiver) -> pattern => body,          // pattern: Result<T, RecvError>
///     send(sender, value) -> pattern => body,     // pattern: Result<(), SendError<T>>
///     on(selectable) -> pattern => body,          // pattern: whatever it gives
///     recv(receiver) -> pattern, if condition => body,   // only if the condition holds
///     timeout(duration or instant) => body,       // nothing happened in time
///     default => body,                            // nothing can happen at once
/// }
/// ```
///
/// - `-> pattern` may be left out. A body that is a block needs no comma after it.
/// - Channels are given as a `Receiver`, `Sender` or `Chan`, by value or by
///   reference (they are only borrowed), or as an `Option` of one: `None` is an
///   arm that never happens, as is a nil channel, or a condition that is false.
/// - Every expression (channels, values to send, times, conditions) is evaluated exactly
///   once, in the order written, also for arms that do not happen.
/// - Of several arms that can happen at once each is equally likely. With
///   `biased;` as the first token the first of them as written is taken.
/// - A value that was not sent is dropped before the body runs.
/// - `break`, `continue`, `return` and `?` in a body do what they do around the
///   macro. No lock is held while a body runs.
/// - At most one `default` or one `timeout`; at most 64 other arms.
///
/// # Blocking
/// Without `default`, until an arm happens or the time is up. A dump shows
/// `[select]` (or for a single arm what that one waits for), and `[select (no
/// cases)]` for `select! {}`, which waits for ever.
///
/// # Panics
/// When a send on a `Chan` is chosen and that is closed: `send on closed
/// channel`, as in Go. (With a `Sender` the pattern gets an error instead.)
///
/// # Examples
/// ```
/// use gorge::{channel, select};
/// use std::time::Duration;
///
/// let (tx, numbers) = channel(1);
/// let (_quit, done) = channel::<()>(0);
/// tx.send(6).unwrap();
///
/// let answer = select! {
///     recv(numbers) -> n => n.unwrap() * 7,
///     recv(done) => 0,
///     timeout(Duration::from_secs(1)) => panic!("nothing came"),
/// };
/// assert_eq!(answer, 42);
/// ```
///
/// # Compared with Go
/// `select`, with `case v, ok := <-c` as `recv(c) -> v`, `case c <- v` as
/// `send(c, v)`, and `case <-time.After(d)` as `timeout(d)`, which needs no
/// channel. Conditions and `biased` have no counterpart there.
#[proc_macro]
pub fn select(input: TokenStream) -> TokenStream {
    let select = syn::parse_macro_input!(input as select::Select);
    select::expand(select).into()
}

/// Makes a `main` that runs on goroutines: its body is the first of them, and
/// when it returns the program ends.
///
/// `main` may return whatever std's may, as `Result<(), Box<dyn Error>>`.
///
/// # Examples
/// ```
/// #[gorge::main]
/// fn main() {
///     let hello = gorge::go(|| "hello");
///     println!("{}", hello.join().unwrap());
/// }
/// ```
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::main(arguments.into(), item.into()).into()
}

/// Makes a test whose body runs on a goroutine. Otherwise it is an ordinary
/// test: `#[ignore]`, `#[should_panic]` and a returned `Result` work as usual.
///
/// The goroutines that the test has started must end soon after it, or it fails and shows them: after three seconds in
/// which they all wait, and no timer is armed; after fifteen in any case. It fails, too, with a data race on a `race::Shared` variable (unless `GORGE_RACE=0`), and with a deadlock of
/// a part (see `runtime::deadlock`).
///
/// | in brackets | the test runs |
/// |---|---|
/// | `virtual_time` | in a bubble whose clock jumps: see `gorge::testing::bubble` |
/// | `explore = 10_000` | with so many schedules: see `gorge::testing::explore` |
/// | `explore(random = 10_000, seed = 7)` | with random walks; other seeds, other walks |
/// | `explore(pct = 3, schedules = 10_000)` | with schedules that find bugs of depth 3 |
/// | `explore(exhaustive)` | with all schedules |
/// | `explore(preemptions = 2)` | with all that take at most two preemptions |
/// | `explore(.., steps = 100_000, early_timers = 0, seconds = 5)` | with other limits |
/// | `may_leave` | as without brackets, but may leave goroutines behind |
///
/// # Examples
/// ```
/// #[gorge::test]
/// fn a_value_passes_through() {
///     let (tx, rx) = gorge::channel(0);
///     gorge::go(move || tx.send(1).unwrap()).detach();
///     assert_eq!(rx.recv(), Ok(1));
/// }
///
/// #[gorge::test(virtual_time)]
/// fn an_hour_later() {
///     let began = gorge::time::now();
///     gorge::time::sleep(std::time::Duration::from_secs(3600));
///     assert_eq!(began.elapsed().as_secs(), 3600);
/// }
///
/// #[gorge::test(explore = 10_000)]
/// fn in_whatever_order() {
///     let (tx, rx) = gorge::channel(0);
///     gorge::go(move || tx.send(1).unwrap()).detach();
///     assert_eq!(rx.recv(), Ok(1));
/// }
/// ```
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::test(arguments.into(), item.into()).into()
}
