//! Cancellation, deadlines and values of a request, handed down a tree of calls and goroutines: Go's
//! package `context`.
//!
//! Promise:
//! - When a cancel function returns, its context and all below are done.
//! - Whatever a context has registered (a place below its parent, a timer) is gone as soon as the
//!   context is done, or nobody holds it.
//! - A context is never done for any other reason than that it was cancelled, its deadline has passed,
//!   or a context above it is done.
//!
//! ```
//! use gorge::context::{self, Context, ContextError};
//! use std::time::Duration;
//!
//! fn slow_greeting(ctx: &Context) -> Result<&'static str, ContextError> {
//!     ctx.sleep(Duration::from_secs(60))?; // ends early when the context does
//!     Ok("hello")
//! }
//!
//! gorge::run(|| {
//!     let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_millis(5));
//!     let _cancel = cancel.guard();
//!     assert_eq!(slow_greeting(&ctx), Err(ContextError::DeadlineExceeded));
//! });
//! ```
//!
//! | to | use |
//! |---|---|
//! | begin | [`background`], [`todo()`] |
//! | end by hand | [`with_cancel`], [`with_cancel_cause`], [`CancelFunc::guard`] |
//! | end by time | [`with_timeout`], [`with_deadline`], and `_cause` |
//! | carry a value | [`with_value`], [`Context::value`] |
//! | go on after the end | [`without_cancel`], [`after_func`] |
//! | notice the end | [`Context::done`] in a `select!`, [`Context::err`], [`Context::check`] |
//! | wait no longer than the context | see below |
//!
//! Every blocking call has a form that ends with a context:
//!
//! | instead of | use |
//! |---|---|
//! | `rx.recv()`, `tx.send(v)`, `select!` | [`rx.recv_ctx(&ctx)`](RecvCtx::recv_ctx), [`tx.send_ctx(&ctx, v)`](SendCtx::send_ctx), one arm more: `recv(ctx.done())` |
//! | `time::sleep(d)` | [`ctx.sleep(d)`](Context::sleep) |
//! | `timer.chan().recv()`, `ticker.chan().recv()` | `timer.chan().recv_ctx(&ctx)` |
//! | `mutex.lock()`, `lock.read()`, `lock.write()` | [`ctx.wait_for`](Context::wait_for)`(mutex.locking())`, `(lock.reading())`, `(lock.writing())` |
//! | `semaphore.acquire(n)` | `ctx.wait_for(semaphore.acquiring(n))` |
//! | `condvar.wait(&mut guard)` | [`condvar.wait_ctx(&mut guard, &ctx)`](CondCtx::wait_ctx) |
//! | `event.wait()`, `latch.wait()`, `group.wait()` | `ctx.wait_for(event.waiting())`, the same of a latch and a wait group |
//! | `barrier.wait()` | `ctx.wait_for(barrier.arrive().waiting())`: who has come is counted, also if it goes |
//! | `events.wait(seen)` | `ctx.wait_for(events.advanced(seen))` |
//! | `go(f).join()` | `go_chan(f).recv_ctx(&ctx)`; with a handle, `goroutine.join_chan().recv_ctx(&ctx)` |
//! | `flight.do_(key, f)` | `flight.do_chan(key, f).recv_ctx(&ctx)` |
//! | a limiter, a resource pool, a gate, a work pool, a monitor, a broadcast, a watch | their calls take a context, or end in `_ctx` |
//! | `stream.read(..)`, `listener.accept()`, `socket.send(..)` and their kin | `ctx.wait_for(stream.readable())` or `(stream.writable())` before them; a stream's deadline |
//! | dialling, looking up a name | `dialer.dial_in(&ctx, ..)`, `resolver.lookup_in(&ctx, ..)` |
//! | `child.wait()`, `command.output()` | `child.wait_ctx(&ctx)`, `command.output_ctx(&ctx)`; `ctx.wait_for(child.exited())` |
//! | an error group, a scope | its goroutines heed the context; whoever waits waits for them |
//!
//! Without one, because going away would leave the value half made: `Once` and its kin; and because the system knows no such thing: reading and writing files, and whatever [`blocking`](gorge_sched::blocking)
//! calls.
//!
//! | file | holds |
//! |---|---|
//! | `tree` | who is told of whose end |
//! | `kept`, `children`, `slots` | what it is made of: the count of those who keep a context, the list of those below it, what is to be called |
//! | `values` | what is carried |
//! | `handle` | [`Context`] |
//! | `derive` | the functions that make one from another |
//! | `blocking` | sending, receiving and waiting for a condition with a context |
//! | `error` | as it says |

mod blocking;
mod children;
mod derive;
mod error;
mod handle;
mod kept;
mod slots;
mod tree;
#[cfg(test)]
mod tree_tests;
mod values;

pub use blocking::{CondCtx, RecvContextError, RecvCtx, SendContextError, SendCtx};
pub use derive::{
    AfterDone, CancelCauseFunc, CancelFunc, CancelGuard, after_func, with_cancel,
    with_cancel_cause, with_deadline, with_deadline_cause, with_timeout, with_timeout_cause,
    with_value, without_cancel,
};
pub use error::{Cause, ContextError};
pub use handle::{Context, background, todo};
pub use tree::{Done, Keep};
pub use values::Key;
