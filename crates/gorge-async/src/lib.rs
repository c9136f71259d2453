//! Futures in goroutines, and goroutines and channels in futures.
//!
//! Promise: neither side needs to know of the other. A goroutine waits for any future as it waits for
//! anything else, by parking; a task of any async runtime waits for a channel or a goroutine by `.await`.
//!
//! | from here | to there | by |
//! |---|---|---|
//! | goroutine, thread | a future | [`FutureExt::wait`], [`wait_timeout`](FutureExt::wait_timeout), [`block_on`] |
//! | `select!`, contexts | a future | [`FutureExt::arm`] |
//! | async task | a goroutine's end | `goroutine.await` ([`Goroutine`](gorge_sched::Goroutine) is `IntoFuture`) |
//! | async task | a channel | [`Receiver::recv_async`](gorge_sync::chan::Receiver::recv_async), [`Sender::send_async`](gorge_sync::chan::Sender::send_async) |
//! | async task | locks, processes, descriptors: what a select can wait for | [`when`] |
//! | streams, sinks | a channel | [`stream`], [`sink`] |
//!
//! # With a runtime on the side
//!
//! Futures that need their own runtime's timers and sockets (those of tokio, and of what is built on it)
//! find it through a thread-local; enter it, and wait:
//!
//! ```
//! use gorge::future::FutureExt;
//!
//! let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
//! let handle = tokio.handle().clone();
//! gorge::go(move || {
//!     let _inside = handle.enter();
//!     // A tokio timer, waited for by a goroutine.
//!     tokio::time::sleep(std::time::Duration::from_millis(1)).wait();
//! })
//! .join()
//! .unwrap();
//! # Ok::<(), std::io::Error>(())
//! ```

mod arm;
mod bell;
mod ends;
#[cfg(all(feature = "hyper", not(loom)))]
pub mod hyper;
mod wait;

pub use arm::Arm;
pub use ends::{RecvStream, SendSink, sink, stream};
pub use gorge_sync::select::{When, when};
pub use wait::{Elapsed, FutureExt, block_on};

#[cfg(all(test, loom))]
mod loom_tests;
