//! A map that many use at once.
//!
//! | file | holds |
//! |---|---|
//! | `table` | the shards, and which one a key is in |
//! | `ops` | [`Map`]: Go's operations |

mod ops;
mod table;

pub use ops::Map;

#[cfg(test)]
mod tests;
