//! Time as users see it: instants, sleeping, timers, tickers.
//!
//! Promise: waiting for a time costs no thread, and sleeping no memory; a timer that was stopped or
//! reset is never heard of again for the old time; a timer that nobody can
//! hear any more is gone. All of it follows the runtime's clock, also when
//! that is a virtual one.
//!
//! | file | holds |
//! |---|---|
//! | `instant` | a moment on the runtime's clock |
//! | `sleep` | waiting until a moment |
//! | `bell` | a channel that a timer rings: what the next two are made of |
//! | `timer`, `ticker` | once, and again and again; [`after`], [`tick`] |
//! | `after_func` | a goroutine started at a moment |

mod after_func;
mod bell;
pub(crate) mod instant;
mod sleep;
mod ticker;
mod timer;

pub use after_func::{AfterFunc, after_func};
pub use instant::{Instant, now};
pub use sleep::{sleep, sleep_until};
pub use ticker::{Ticker, tick};
pub use timer::{Timer, after};
