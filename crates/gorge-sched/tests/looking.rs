//! Looking at all goroutines while they run, come and go.

mod sleeping;

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gorge_sched::registry::{self, State};
use gorge_sched::{Builder, Goroutine, WaitReason, go, goroutine_id, gosched, run};

fn duration() -> Duration {
    let minutes = std::env::var_os("GORGE_STRESS").is_some();
    if minutes { Duration::from_secs(60) } else { Duration::from_millis(1000) }
}

/// What a walk on somebody's stack does: uses some of it.
unsafe extern "C" fn visit(data: *mut c_void) {
    let mut scratch = [0u8; 2000];
    for (i, byte) in scratch.iter_mut().enumerate() {
        *byte = i as u8;
    }
    let sum: usize = std::hint::black_box(&scratch).iter().map(|b| usize::from(*b)).sum();
    // SAFETY: `look` passes a counter.
    unsafe { (*data.cast::<AtomicUsize>()).fetch_add(sum, SeqCst) };
}

/// Looks at all, and visits one of them, which stops the world.
fn look(visited: &AtomicUsize) {
    let all = registry::all();
    let chosen = gorge_sched::random() as usize % all.len();
    for (i, info) in all.into_iter().enumerate() {
        if i == chosen {
            let data = std::ptr::from_ref(visited).cast_mut().cast();
            // SAFETY: `visit` neither unwinds nor waits nor uses thread-locals.
            unsafe { info.on_its_stack(visit, data) };
        }
        assert!(info.id.is_none() || info.name.is_none_or(|name| name.starts_with("named ")));
    }
}

/// Goroutines that are parked, go on, end, are started, with names and without, while others
/// look at all of them and walk on the stacks of those that are parked.
#[test]
fn while_they_run() {
    let stop = Arc::new(AtomicBool::new(false));
    let before = gorge_sched::gomaxprocs(4);
    run(|| {
        let visited = Arc::new(AtomicUsize::new(0));
        let yielders = (0..20).map(|i| {
            let stop = stop.clone();
            go(move || {
                let mut depth = 0;
                while !stop.load(SeqCst) {
                    depth = (depth + i) % 50;
                    recurse(depth);
                }
            })
        });
        let named = (0..4).map(|i| {
            let stop = stop.clone();
            go(move || {
                while !stop.load(SeqCst) {
                    let one = Builder::new().name(format!("named {i}"));
                    one.go(gosched).unwrap().join().unwrap();
                }
            })
        });
        let sleepers = (0..4).map(|_| {
            let stop = stop.clone();
            go(move || {
                while !stop.load(SeqCst) {
                    sleeping::sleep(Duration::from_micros(100));
                }
            })
        });
        let lookers = (0..2).map(|_| {
            let (stop, visited) = (stop.clone(), visited.clone());
            go(move || {
                while !stop.load(SeqCst) {
                    look(&visited);
                }
            })
        });
        let all: Vec<Goroutine<()>> =
            yielders.chain(named).chain(sleepers).chain(lookers).collect();
        let end = Instant::now() + duration();
        // (Until then nobody may have looked, if those who look stand still; or not at one who was parked.)
        while Instant::now() < end || visited.load(SeqCst) == 0 {
            assert!(Instant::now() < end + Duration::from_secs(60), "nobody was ever parked");
            gosched();
        }
        stop.store(true, SeqCst);
        for g in all {
            g.join().unwrap();
        }
    });
    gorge_sched::gomaxprocs(before);
}

fn recurse(depth: usize) {
    let marks = std::hint::black_box([depth; 20]);
    gosched();
    if depth > 0 {
        recurse(depth - 1);
    }
    assert_eq!(std::hint::black_box(marks), [depth; 20]);
}

#[test]
fn what_is_said_about_each() {
    run(|| {
        let me = goroutine_id().unwrap();
        let name = Builder::new().name("named sleeper");
        let sleeper = name.go(|| sleeping::sleep(Duration::from_secs(3600))).unwrap();
        let ended = go(|| ());
        let (sleeper_id, ended_id) = (sleeper.id(), ended.id());
        let find = |id| registry::all().into_iter().find(|info| info.id == Some(id));
        let state = |id| find(id).map(|info| info.state);
        while !matches!(state(sleeper_id), Some(State::Waiting { .. })) {
            gosched();
        }
        let info = find(sleeper_id).unwrap();
        let State::Waiting { reason, at, .. } = info.state else { unreachable!() };
        assert_eq!(reason, WaitReason::Sleep);
        assert!(at.unwrap().file().ends_with("looking.rs"));
        assert_eq!(info.name.as_deref(), Some("named sleeper"));
        assert_eq!(info.parent, Some(me));
        assert!(info.created_at.unwrap().file().ends_with("looking.rs"));
        assert!(info.closure.unwrap().contains("what_is_said_about_each"));
        assert!(!info.is_current() && find(me).unwrap().is_current());
        assert_eq!(state(me), Some(State::Running));
        while !ended.is_finished() {
            gosched();
        }
        assert!(find(ended_id).is_none(), "one that has ended is none, joined or not");
    });
}
