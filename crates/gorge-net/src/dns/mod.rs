//! Finding the addresses of a name, without a thread for it.
//!
//! | file | holds |
//! |---|---|
//! | `config` | what `/etc/resolv.conf` and `/etc/hosts` say |
//! | `exchange` | one question to one server: UDP, and TCP where that is too short |
//! | `lookup` | which names are asked for, of whom, how often; the order of what is found |

mod config;
mod exchange;
mod lookup;

pub use config::Resolver;
pub use lookup::lookup_host;
