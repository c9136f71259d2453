//! How many OS threads this process has, and what one of them does.

use crate::os;

/// The number of OS threads of this process now, where the system tells.
pub fn count() -> Option<usize> {
    from_stat(&std::fs::read_to_string("/proc/self/stat").ok()?)
}

/// By what the system calls the calling thread; 0 where that is of no use.
pub fn own_id() -> u32 {
    os::thread_id()
}

/// Whether a thread of this process waits in the system, rather than computes; where the system tells.
pub fn is_waiting(id: u32) -> Option<bool> {
    if id == 0 {
        return None;
    }
    let stat = std::fs::read_to_string(format!("/proc/self/task/{id}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().next()? != "R")
}

/// How many threads of this process compute, or would if they were let: the caller does; where the system tells.
pub fn computing() -> Option<usize> {
    let mut count = 0;
    for thread in std::fs::read_dir("/proc/self/task").ok()?.flatten() {
        // Else it has ended meanwhile.
        if let Ok(stat) = std::fs::read_to_string(thread.path().join("stat")) {
            count += usize::from(!sleeps(&stat)?);
        }
    }
    Some(count)
}

/// Field 3: whether the thread sleeps or has ended, rather than runs, is stopped, or waits for a page.
fn sleeps(stat: &str) -> Option<bool> {
    let (_, fields) = stat.rsplit_once(')')?;
    Some(matches!(fields.split_whitespace().next()?, "S" | "I" | "Z" | "X"))
}

/// From now on the system wakes the calling thread at the time it asks for, and not (as it likes to, in order
/// to wake several at once) some hundredths of a millisecond later.
pub fn sleep_exactly() {
    os::sleep_exactly();
}

/// Field 20 of `/proc/self/stat`. The second field is the program's name in parentheses, and may
/// itself hold blanks and parentheses.
fn from_stat(stat: &str) -> Option<usize> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(20 - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{count, from_stat};
    use std::sync::mpsc;

    #[test]
    fn odd_names_do_not_shift_the_fields() {
        let rest = "R 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 7 0 99";
        assert_eq!(from_stat(&format!("12 (sh) {rest}")), Some(7));
        assert_eq!(from_stat(&format!("12 (a) 1 2 (b) {rest}")), Some(7));
        assert_eq!(from_stat("12 (sh) R 1"), None);
        assert_eq!(from_stat(""), None);
    }

    #[test]
    fn who_is_stopped_does_not_sleep() {
        use super::sleeps;
        assert_eq!(sleeps("12 (a) S 1"), Some(true));
        assert_eq!(sleeps("12 (S) R 1"), Some(false));
        assert_eq!(sleeps("12 (a) t 1"), Some(false));
        assert_eq!(sleeps(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn new_threads_are_counted() {
        let (end, ended) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || ended.recv());
        assert!(count().unwrap() >= 2);
        drop(end);
        thread.join().unwrap().unwrap_err();
    }

    #[cfg(all(target_os = "linux", not(gorge_portable)))]
    #[test]
    fn who_waits_and_who_does_not() {
        use super::{is_waiting, own_id};
        assert_eq!(is_waiting(own_id()), Some(false), "it asks");
        assert!(super::computing().unwrap() >= 1, "it asks");
        let (tell, told) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            tell.send(own_id()).unwrap();
            ended.recv()
        });
        let id = told.recv().unwrap();
        // (Asked once: it may wait for something else, a moment, on its way to where it waits.)
        while !is_waiting(id).expect("it is there") {
            std::thread::yield_now();
        }
        drop(end);
        thread.join().unwrap().unwrap_err();
    }
}
