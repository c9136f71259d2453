//! The rows on kanal, in both of its ways of working: `thread` (its blocking
//! channels between threads, confined to as many processors as the job allows)
//! and `async` (its futures, on tokio with mimalloc).

mod futures;
mod threads;

use peer_measure::{None, Offer, main as program};
use std::process::ExitCode;

const NO_TASKS: &str = "only channels: nothing to spawn or yield";
const NO_SELECT: &str = "no select (a dropped receive future drops the value with it)";

fn main() -> ExitCode {
    let offers = [
        Offer::new("ping-pong", threads::ping_pong).variant("thread"),
        Offer::new("ping-pong", futures::ping_pong).variant("async"),
        Offer::new("stream", threads::stream).variant("thread"),
        Offer::new("stream", futures::stream).variant("async"),
        Offer::new("uncontended", threads::uncontended).variant("thread"),
        Offer::new("uncontended", futures::uncontended).variant("async"),
        Offer::new("select-1-default", threads::default_1)
            .variant("thread")
            .aside("no select; this is try_recv"),
        Offer::new("million", futures::million).variant("async"),
    ];
    let nones: [None; 8] = [
        ("spawn", NO_TASKS),
        ("yield", NO_TASKS),
        ("select-2-ready", NO_SELECT),
        ("select-8-ready", NO_SELECT),
        ("select-2-blocking", NO_SELECT),
        ("select-8-blocking", NO_SELECT),
        ("select-2-default", NO_SELECT),
        ("*", "channels, nothing else"),
    ];
    program(&offers, &nones)
}
