//! What is done once.
//!
//! | file | holds |
//! |---|---|
//! | `raw` | who does it, and who waits for that |
//! | `call` | [`Once`] |
//! | `cell` | [`OnceLock`]: a value made once |
//! | `lazy` | [`LazyLock`]: the same, with how to make it |
//! | `func` | Go's `OnceFunc`, `OnceValue`, `OnceValues` |

mod call;
mod cell;
mod func;
mod lazy;
mod raw;

pub use call::Once;
pub use cell::OnceLock;
pub use func::{once_func, once_value, once_values};
pub use lazy::LazyLock;

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
