//! Goroutines with one outcome, as Go has them in `golang.org/x/sync` and `golang.org/x/time/rate`.
//!
//! Promise: who waits for a group has waited for all of its goroutines; the first error is the one that
//! is returned; a panic in a goroutine of a group is never lost, but goes on in whoever waits.
//!
//! | to | use |
//! |---|---|
//! | run until the first error | [`Group`] |
//! | do the same work once for many callers | [`Flight`] |
//! | do something so many times a second | [`Limiter`] |
//! | do something now and then only | [`Sometimes`] |
//! | run several functions and have all results, or the first | [`all`], [`race`], [`first_ok`], [`wait_all`] |
//!
//! | file | holds |
//! |---|---|
//! | `errors` | the error group |
//! | `flight` | single flight |
//! | `limit`, `rate` | rates as exact fractions; the limiter |
//! | `sometimes` | what is done now and then |
//! | `race` | functions over several functions |

mod errors;
mod flight;
mod limit;
mod race;
mod rate;
mod sometimes;

pub use errors::{Group, GroupHandle};
pub use flight::{Flight, FlightError};
pub use limit::Limit;
pub use race::{all, first_ok, race, wait_all};
pub use rate::{Limiter, RateError, Reservation};
pub use sometimes::Sometimes;
