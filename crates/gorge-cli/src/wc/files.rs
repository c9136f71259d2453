//! Opening files when the system allows few: who gets none waits until another is closed.
//!
//! Always true:
//! * [`Files::with`] fails for want of descriptors only if nobody else here has a file open or is about to,
//!   so that waiting would be in vain.
//! * Who waits is woken by every close, and by everyone who gives up.

use gorge::sync::{Condvar, Mutex};
use std::fs::File;
use std::io;

/// The files that are open.
#[derive(Debug, Default)]
pub(crate) struct Files {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How many have a file open, or are trying to open one.
    busy: usize,
    /// How often somebody has stopped being busy without going to wait.
    ends: u64,
}

impl Files {
    /// Uses the file that `open` gives, and closes it.
    pub(crate) fn with<T>(
        &self,
        open: impl Fn() -> io::Result<File>,
        work: impl FnOnce(&mut File) -> T,
    ) -> io::Result<T> {
        loop {
            let before = self.begin();
            let result = match open() {
                Err(error) if is_limit(&error) && self.wait(before) => continue,
                result => result,
            };
            let result = result.map(|mut file| work(&mut file)); // closes it
            self.end();
            return result;
        }
    }

    fn begin(&self) -> u64 {
        let mut state = self.state.lock();
        state.busy += 1;
        state.ends
    }

    fn end(&self) {
        let mut state = self.state.lock();
        state.busy -= 1;
        state.ends += 1;
        drop(state);
        self.changed.broadcast();
    }

    /// Stops being busy until one of the others has ended; false, and still busy, if there is none and none
    /// has ended since `before`.
    fn wait(&self, before: u64) -> bool {
        let mut state = self.state.lock();
        if state.busy == 1 && state.ends == before {
            return false;
        }
        state.busy -= 1;
        self.changed.wait_while(&mut state, |state| state.ends == before);
        true
    }
}

/// Whether the process, or the system, has as many files open as it may.
fn is_limit(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gorge::{channel, scope};
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// Two that want a file each where there is room for one, and where there is none, with two switches at any place.
    #[test]
    fn who_finds_no_room_waits_unless_nobody_has_any() {
        for room in [1, 0] {
            let explored =
                gorge::testing::explore().preemptions(2).name("files").check(move || {
                    let (files, left) = (Files::default(), AtomicUsize::new(room));
                    let full = || io::Error::from_raw_os_error(libc::EMFILE);
                    let open = || {
                        let (_tx, rx) = channel::<()>(1);
                        _ = rx.try_recv(); // here the others may go on
                        let taken = left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
                        taken.map_err(|_| full()).and_then(|_| File::open("/dev/null"))
                    };
                    let one = || {
                        files.with(open, |_| {
                            let (_tx, rx) = channel::<()>(1);
                            _ = rx.try_recv();
                            left.fetch_add(1, Relaxed);
                        })
                    };
                    let mut ends = [None, None];
                    scope(|s| {
                        for end in &mut ends {
                            s.go(|| *end = Some(one().is_ok()));
                        }
                    });
                    assert_eq!(ends, [Some(room == 1); 2]);
                });
            assert!(explored.is_ok(), "room {room}: {}", explored.unwrap_err());
        }
    }
}
