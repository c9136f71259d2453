//! Registering descriptors, from anywhere.

use std::io;
use std::ptr::NonNull;

pub use gorge_sys::poller::Direction;

use crate::runtime::boot;
use crate::runtime::netpoll::Source;
use crate::runtime::polled;
use crate::runtime::wake;

/// Registers `source` for the events of `descriptor`. Starts the runtime, and
/// the poller, if need be.
///
/// # Errors
/// The descriptor cannot be waited for (a regular file), is registered already,
/// or there is no room for a poller.
///
/// # Safety
/// The source lies in memory that is never given back, is aligned to 64 bytes, and is not registered.
/// The descriptor stays open until it is deregistered.
pub unsafe fn register(source: NonNull<Source>, descriptor: i32) -> io::Result<()> {
    boot::ensure();
    let (poller, new) = polled::start()?;
    // SAFETY: the caller's promise.
    let (token, source) = unsafe { (Source::enter(source), source.as_ref()) };
    if let Err(error) = poller.add(descriptor, token) {
        source.leave();
        return Err(error);
    }
    if new {
        // Who is first among the idle workers sleeps on its word as yet.
        wake::wake_watcher();
    }
    Ok(())
}

/// Somebody is about to wait for a direction of a registered descriptor. To be
/// called after it has noted what its source has heard so far, and before it
/// finds, under the lock of its source, that nothing has been heard since.
#[inline]
pub fn expect(descriptor: i32, direction: Direction) {
    if let Some(poller) = polled::poller() {
        poller.expect(descriptor, direction);
    }
}

/// Gives a source up. Its function may be running at this moment for an event
/// from before; events that come later are of no account.
///
/// # Safety
/// It is registered for `descriptor`, which is still open.
pub unsafe fn deregister(source: NonNull<Source>, descriptor: i32) {
    if let Some(poller) = polled::poller() {
        let _ = poller.remove(descriptor);
    }
    // SAFETY: the memory of sources is never given back.
    unsafe { source.as_ref() }.leave();
}
