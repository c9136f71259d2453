//! A goroutine that computes without end, or blocks its OS thread, does not
//! stop the others: asserted by what they get done, not by the time it takes.

mod common;
mod sleeping;

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Alone, until_a_round_shows};
use gorge_sched::{Goroutine, go, gomaxprocs, gosched, lock_os_thread, run, unlock_os_thread};
use sleeping::sleep;

/// Computes until it is told to stop.
fn endless(stop: &Arc<AtomicBool>) -> Goroutine<u64> {
    let stop = stop.clone();
    go(move || {
        let mut n = 1u64;
        while !stop.load(SeqCst) {
            n = n.wrapping_mul(6364136223846793005).wrapping_add(1);
        }
        n
    })
}

/// What needs the scheduler in many ways.
fn get_something_done() {
    let handles: Vec<_> = (0..20)
        .map(|i| {
            go(move || {
                for _ in 0..20 {
                    gosched();
                }
                go(move || i).join().unwrap()
            })
        })
        .collect();
    for (i, handle) in handles.into_iter().enumerate() {
        assert_eq!(handle.join().unwrap(), i);
    }
}

#[test]
fn endless_loops() {
    for (procs, loops) in [(1, 1), (1, 3), (2, 2), (2, 5)] {
        let _alone = Alone::at(procs, "endless_loops");
        run(|| {
            let stop = Arc::new(AtomicBool::new(false));
            let spinning: Vec<_> = (0..loops).map(|_| endless(&stop)).collect();
            for _ in 0..3 {
                get_something_done();
            }
            stop.store(true, SeqCst);
            for handle in spinning {
                handle.join().unwrap();
            }
        });
    }
}

#[test]
fn main_itself_loops() {
    let _alone = Alone::at(1, "main_itself_loops");
    run(|| {
        let done = Arc::new(AtomicBool::new(false));
        let theirs = done.clone();
        drop(go(move || {
            get_something_done();
            theirs.store(true, SeqCst);
        }));
        while !done.load(SeqCst) {
            std::hint::spin_loop();
        }
    });
}

#[test]
fn blocked_in_a_read() {
    for procs in [1, 2] {
        let _alone = Alone::at(procs, "blocked_in_a_read");
        run(|| {
            let (mut from, mut to) = std::io::pipe().unwrap();
            let readers: Vec<_> = (0..4)
                .map(|_| {
                    let mut from = from.try_clone().unwrap();
                    go(move || from.read(&mut [0]).unwrap())
                })
                .collect();
            get_something_done();
            let mut writer = to.try_clone().unwrap();
            go(move || writer.write_all(b"four").unwrap()).join().unwrap();
            for reader in readers {
                assert_eq!(reader.join().unwrap(), 1);
            }
            to.write_all(b"x").unwrap();
            assert_eq!(from.read(&mut [0]).unwrap(), 1);
        });
    }
}

/// A page of memory that is given only when somebody says so: whoever touches it waits until then.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
struct LatePage {
    faults: std::fs::File,
    page: usize,
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
impl LatePage {
    const BYTES: usize = 4096;

    /// `None` where the system does not let us.
    fn new() -> Option<LatePage> {
        use std::os::fd::{AsRawFd, FromRawFd};
        const USER_MODE_ONLY: libc::c_int = 1;
        // SAFETY: a descriptor of our own; a new mapping; the requests are laid out as userfaultfd(2) has them.
        unsafe {
            let flags = libc::O_CLOEXEC | USER_MODE_ONLY;
            let fd = libc::syscall(libc::SYS_userfaultfd, flags) as i32;
            if fd < 0 {
                return None;
            }
            let faults = std::fs::File::from_raw_fd(fd);
            let page = libc::mmap(
                std::ptr::null_mut(),
                LatePage::BYTES,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            ) as usize;
            let mut api = [0xaa_u64, 0, 0];
            assert_eq!(libc::ioctl(faults.as_raw_fd(), 0xc018_aa3f, &raw mut api), 0);
            let mut register = [page as u64, LatePage::BYTES as u64, 1, 0];
            assert_eq!(libc::ioctl(faults.as_raw_fd(), 0xc020_aa00, &raw mut register), 0);
            Some(LatePage { faults, page })
        }
    }

    /// Touches it.
    fn read(&self) -> u8 {
        // SAFETY: mapped, and never unmapped.
        unsafe { (self.page as *const u8).read_volatile() }
    }

    /// Gives it: zeros.
    fn give(&self) {
        use std::os::fd::AsRawFd;
        let mut zeros = [self.page as u64, LatePage::BYTES as u64, 0, 0];
        // SAFETY: as in `new`.
        assert_eq!(unsafe { libc::ioctl(self.faults.as_raw_fd(), 0xc020_aa04, &raw mut zeros) }, 0);
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn blocked_in_a_page_fault() {
    let _alone = Alone::at(1, "blocked_in_a_page_fault");
    let Some(page) = LatePage::new() else {
        eprintln!("skipped: userfaultfd is not permitted");
        return;
    };
    run(move || {
        let page = Arc::new(page);
        let theirs = page.clone();
        let touches = go(move || theirs.read());
        gosched(); // it runs, and holds the one processor
        get_something_done();
        page.give();
        assert_eq!(touches.join().unwrap(), 0);
    });
}

#[test]
fn blocked_on_a_lock_that_a_waiting_goroutine_holds() {
    let _alone = Alone::at(1, "blocked_on_a_lock");
    run(|| {
        let lock = Arc::new(Mutex::new(0));
        let holder = {
            let lock = lock.clone();
            go(move || {
                let mut guard = lock.lock().unwrap();
                // Meanwhile others block their threads on the lock.
                for _ in 0..50 {
                    gosched();
                    go(gosched).join().unwrap();
                }
                *guard += 1;
            })
        };
        let others: Vec<_> = (0..8)
            .map(|_| {
                let lock = lock.clone();
                go(move || *lock.lock().unwrap() += 1)
            })
            .collect();
        holder.join().unwrap();
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(*lock.lock().unwrap(), 9);
    });
}

#[test]
fn timers_fire_meanwhile() {
    for procs in [1, 2] {
        let _alone = Alone::at(procs, "timers_fire_meanwhile");
        run(|| {
            let stop = Arc::new(AtomicBool::new(false));
            let spinning: Vec<_> = (0..procs).map(|_| endless(&stop)).collect();
            let sleepers: Vec<_> = (1..10)
                .map(|i| go(move || (0..3).for_each(|_| sleep(Duration::from_micros(300 * i)))))
                .collect();
            for sleeper in sleepers {
                sleeper.join().unwrap();
            }
            stop.store(true, SeqCst);
            for handle in spinning {
                handle.join().unwrap();
            }
        });
    }
}

/// The monitor sleeps while nothing runs; it must be awake when something does again.
#[test]
fn after_a_long_silence() {
    let _alone = Alone::at(1, "after_a_long_silence");
    run(|| {
        for silence in [15, 450] {
            sleep(Duration::from_millis(silence)); // the silence is what is tested
            let stop = Arc::new(AtomicBool::new(false));
            let spinning = endless(&stop);
            gosched();
            get_something_done();
            stop.store(true, SeqCst);
            spinning.join().unwrap();
        }
    });
}

#[test]
fn started_from_a_plain_thread() {
    let _alone = Alone::at(1, "started_from_a_plain_thread");
    let stop = Arc::new(AtomicBool::new(false));
    let spinning = endless(&stop);
    for _ in 0..5 {
        run(get_something_done);
    }
    stop.store(true, SeqCst);
    spinning.join().unwrap();
}

/// Goroutines with a locked thread, which compute, block and wait.
#[test]
fn locked_threads() {
    let _alone = Alone::at(1, "locked_threads");
    run(|| {
        let stop = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicUsize::new(0));
        let (mut from, mut to) = std::io::pipe().unwrap();
        let blocked = go(move || {
            lock_os_thread();
            from.read(&mut [0]).unwrap()
        });
        let computing = {
            let stop = stop.clone();
            go(move || {
                lock_os_thread();
                while !stop.load(SeqCst) {
                    std::hint::spin_loop();
                }
                unlock_os_thread();
            })
        };
        let yielding = {
            let (stop, count) = (stop.clone(), count.clone());
            go(move || {
                lock_os_thread();
                lock_os_thread();
                unlock_os_thread();
                let thread = this_thread();
                while !stop.load(SeqCst) {
                    gosched();
                    assert_eq!(thread, this_thread());
                    count.fetch_add(1, SeqCst);
                }
            })
        };
        let sleeping = {
            let (stop, count) = (stop.clone(), count.clone());
            go(move || {
                lock_os_thread();
                let thread = this_thread();
                while !stop.load(SeqCst) {
                    sleep(Duration::from_micros(200));
                    assert_eq!(thread, this_thread());
                    count.fetch_add(1, SeqCst);
                }
            })
        };
        get_something_done();
        while count.load(SeqCst) < 40 {
            gosched();
        }
        stop.store(true, SeqCst);
        to.write_all(b"x").unwrap();
        assert_eq!(blocked.join().unwrap(), 1);
        for handle in [computing, yielding, sleeping] {
            handle.join().unwrap();
        }
        // Its thread goes on with others.
        get_something_done();
    });
}

/// The system's name for the thread that carries us.
fn this_thread() -> u64 {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the system call has no conditions. It is made directly,
        // because a library might keep the answer per goroutine.
        unsafe { libc::syscall(libc::SYS_gettid) as u64 }
    }
    #[cfg(not(target_os = "linux"))]
    {
        0
    }
}

/// GOMAXPROCS goes down while every processor is held by a goroutine that
/// computes: they are taken from them.
#[test]
fn fewer_processors_although_all_compute() {
    let _alone = Alone::at(4, "fewer_processors");
    run(|| {
        let stop = Arc::new(AtomicBool::new(false));
        let spinning: Vec<_> = (0..6).map(|_| endless(&stop)).collect();
        for procs in [4, 1, 2, 1, 3, 1] {
            gomaxprocs(procs);
            get_something_done();
        }
        stop.store(true, SeqCst);
        for handle in spinning {
            handle.join().unwrap();
        }
    });
}

/// What they did who lost their processors is told apart.
#[cfg(all(target_os = "linux", not(gorge_portable)))]
#[test]
fn counted_by_cause() {
    use gorge_sched::registry::stats;
    if gorge_sched::mode() == gorge_sched::Mode::Thread {
        return; // the worker's thread is not the goroutine's
    }
    let _alone = Alone::at(1, "counted_by_cause");
    run(|| {
        until_a_round_shows(|| {
            let before = stats();
            let stop = Arc::new(AtomicBool::new(false));
            let spinning = endless(&stop);
            while stats().handoffs == before.handoffs {
                gosched();
            }
            stop.store(true, SeqCst);
            spinning.join().unwrap();
            let after = stats();
            let computed = after.handoffs_computing > before.handoffs_computing;
            computed.then_some(()).ok_or([before, after].map(|stats| stats.handoffs_blocked))
        });
        // Who has been stopped on its way to the reading computes, as far as can be told; so do we, if it is our
        // processor that is taken.
        until_a_round_shows(|| {
            let before = stats();
            let (mut from, to) = std::io::pipe().unwrap();
            let reading = go(move || from.read(&mut [0]).unwrap());
            while stats().handoffs == before.handoffs {
                gosched();
            }
            drop(to);
            assert_eq!(reading.join().unwrap(), 0);
            let after = stats();
            let blocked = after.handoffs_blocked > before.handoffs_blocked;
            blocked.then_some(()).ok_or([before, after].map(|stats| stats.handoffs_computing))
        });
        let all = stats();
        assert!(all.handoffs >= all.handoffs_blocked + all.handoffs_computing, "{all:?}");
    });
}

/// Goroutines that block their threads until the returned end is dropped; how many of them have begun.
fn crowd(number: usize) -> (std::io::PipeWriter, Arc<AtomicUsize>, Vec<Goroutine<()>>) {
    crowd_that(number, || ())
}

/// The same; each first does something.
fn crowd_that(
    number: usize,
    begins: impl Fn() + Clone + Send + 'static,
) -> (std::io::PipeWriter, Arc<AtomicUsize>, Vec<Goroutine<()>>) {
    let (from, to) = std::io::pipe().unwrap();
    let begun = Arc::new(AtomicUsize::new(0));
    let blocked = (0..number).map(|_| {
        let (mut from, begun, begins) = (from.try_clone().unwrap(), begun.clone(), begins.clone());
        go(move || {
            begins();
            begun.fetch_add(1, SeqCst);
            assert_eq!(from.read(&mut [0]).unwrap(), 0);
        })
    });
    let blocked = blocked.collect();
    (to, begun, blocked)
}

/// Whose timer is due runs before those who are only ready: be they as many as they like, and each block its thread.
#[test]
fn whose_time_has_come_does_not_wait_for_a_crowd() {
    const CROWD: usize = 60;
    let _alone = Alone::at(1, "does_not_wait_for_a_crowd");
    // In its place in the queue it is the last, always. (Where the system stops our thread before it sleeps, its
    // processor is taken from it, and the crowd comes first rightly.)
    let round = || {
        let (to, begun, blocked) = crowd(CROWD);
        // One blocks; when the processor has been taken from it the timer is due.
        sleep(Duration::from_nanos(1));
        let before_us = begun.load(SeqCst);
        drop(to);
        blocked.into_iter().for_each(|handle| handle.join().unwrap());
        if before_us < CROWD / 2 { Ok(()) } else { Err(before_us) }
    };
    run(|| until_a_round_shows(round));
}

/// Many whose time has come do not keep those waiting who are only ready.
#[test]
fn those_who_are_ready_have_their_turn_among_those_whose_time_has_come() {
    const SLEEPERS: usize = 40;
    let _alone = Alone::at(1, "have_their_turn");
    run(|| {
        let stop = Arc::new(AtomicBool::new(false));
        let sleepers: Vec<_> = (0..SLEEPERS)
            .map(|_| {
                let stop = stop.clone();
                go(move || {
                    while !stop.load(SeqCst) {
                        sleep(Duration::from_nanos(1));
                    }
                })
            })
            .collect();
        for _ in 0..50 {
            gosched();
        }
        stop.store(true, SeqCst);
        sleepers.into_iter().for_each(|handle| handle.join().unwrap());
    });
}

/// When many block one after the other the monitor looks for them more often than once a millisecond.
#[cfg(all(target_os = "linux", not(gorge_portable)))]
#[test]
fn the_monitor_finds_a_crowd_that_blocks_between_its_looks() {
    use gorge_sched::registry::{Stats, stats};
    const CROWD: usize = 100;
    if gorge_sched::mode() == gorge_sched::Mode::Thread {
        return; // what the system says of the worker's thread is not true of the goroutine's
    }
    let _alone = Alone::at(1, "finds_a_crowd");
    run(|| {
        // By its ordinary looks it takes at least two for each, always. (On a busy machine it also looks when the next one
        // has not come to block yet; but not for all of them.)
        until_a_round_shows(|| {
            let seen = Arc::new(Mutex::new(Vec::new()));
            let theirs = seen.clone();
            let before = stats();
            let (to, begun, blocked) = crowd_that(CROWD, move || {
                let (a, b) = (stats(), stats());
                theirs.lock().unwrap().push((a, b));
            });
            while begun.load(SeqCst) < CROWD {
                gosched();
            }
            let handoffs = stats().handoffs - before.handoffs;
            assert!(handoffs >= CROWD as u64 - 1, "{handoffs}");
            drop(to);
            blocked.into_iter().for_each(|handle| handle.join().unwrap());
            // Of the two each is taken that makes the looks more and the hand-offs fewer.
            let seen = seen.lock().unwrap();
            let soon = |from: &(Stats, Stats), to: &(Stats, Stats)| {
                let handoffs = to.0.handoffs.saturating_sub(from.1.handoffs);
                handoffs >= 4 && to.1.looks.saturating_sub(from.0.looks) <= handoffs
            };
            let shown =
                seen.iter().enumerate().any(|(n, from)| seen[n..].iter().any(|to| soon(from, to)));
            let looks = stats().looks - before.looks;
            shown.then_some(()).ok_or((looks, handoffs))
        });
    });
}

/// Threads that were made while others were blocked end when nobody needs them any more, and come back when somebody does.
#[test]
fn spare_threads_end() {
    use gorge_sched::registry::{keep_spare_threads, stats};
    const CROWD: usize = 30;
    let _alone = Alone::at(1, "spare_threads_end");
    keep_spare_threads(Duration::from_millis(1));
    run(|| {
        for _ in 0..3 {
            let (to, begun, blocked) = crowd(CROWD);
            while begun.load(SeqCst) < CROWD {
                gosched();
            }
            assert!(stats().workers > CROWD / 2, "{:?}", stats());
            drop(to);
            blocked.into_iter().for_each(|handle| handle.join().unwrap());
            // Some are kept; here sleepers wake, and some are used again, meanwhile.
            while stats().workers > 10 {
                get_something_done();
            }
        }
    });
    keep_spare_threads(Duration::from_secs(10));
}
