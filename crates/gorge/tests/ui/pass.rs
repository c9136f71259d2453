//! Everything that is allowed, so that the failures beside it fail for their own reason.

use gorge::{channel, select};
use std::time::Duration;

#[gorge::main]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    #![allow(clippy::unit_arg)]
    let (tx, rx) = channel(1);
    let sum: i32 = select! {
        biased;
        recv(rx) -> n, if true => n?,
        recv(&rx) => 1,
        send(tx, 2) -> sent => { sent?; 2 }
        timeout(Duration::from_secs(1)), if false => 3,
    };
    assert_eq!(sum, 2);
    select! { default => Ok(()) }
}
