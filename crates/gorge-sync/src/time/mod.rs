//! Time as users see it: instants, sleeping, timers, tickers.

mod instant;

pub use instant::Instant;
