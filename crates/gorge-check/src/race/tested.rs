//! Races in tests: a `#[gorge::test]` in which there is one fails.
//!
//! Nobody listens until a test uses its first shared variable: of what was done before nothing is needed, since no
//! access was made. Only accesses by goroutines of one and the same test count: what orders tests, nobody here knows.

use std::any::Any;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gorge_base::atomic::{AtomicBool, Ordering::Relaxed};
use gorge_base::probe;
use gorge_sched::bubble;

use super::report::Race;
use super::variables::Access;

/// What is known of a test that runs.
#[derive(Debug, Default)]
struct Test {
    races: Vec<Race>,
    /// What keeps the detector on: it has used a shared variable.
    looks: Option<Box<dyn Any + Send>>,
}

/// By the numbers of their bubbles.
fn tests() -> MutexGuard<'static, HashMap<u64, Test>> {
    static TESTS: LazyLock<Mutex<HashMap<u64, Test>>> = LazyLock::new(Mutex::default);
    TESTS.lock().unwrap_or_else(PoisonError::into_inner)
}

static UNWANTED: AtomicBool = AtomicBool::new(false);

/// Nobody wants to know of races in tests.
pub(crate) fn do_not_look_in_tests() {
    UNWANTED.store(true, Relaxed);
}

/// While one exists, races among the goroutines of a bubble are kept for it.
#[derive(Debug)]
pub(crate) struct Tested(u64);

/// The bubble is that of a test; before it uses a shared variable `listener` is called.
pub(super) fn test(bubble: u64, listener: fn()) -> Tested {
    if !UNWANTED.load(Relaxed) {
        tests().insert(bubble, Test::default());
        probe::listen_to_shared(listener);
    }
    Tested(bubble)
}

thread_local! {
    /// Of which test, by the number of its bubble, the caller knows that it looks for races.
    static LOOKS: Cell<u64> = const { Cell::new(0) };
}

/// A shared variable is about to be used: the test looks for races from now on, until it ends. (Also if somebody else does
/// who may end before: nothing of this test may be missed in between.)
pub(super) fn begin(listen: impl FnOnce() -> Box<dyn Any + Send>) {
    let Some(number) = bubble::watched().filter(|number| *number != LOOKS.get()) else { return };
    if let Some(test) = tests().get_mut(&number)
        && test.looks.is_none()
    {
        test.looks = Some(listen());
    }
    LOOKS.set(number);
}

/// The test to which both accesses belong.
pub(super) fn test_of(now: &Access, before: &Access) -> Option<u64> {
    let number = now.by.bubble.load(Relaxed);
    (before.by.bubble.load(Relaxed) == number && tests().contains_key(&number)).then_some(number)
}

/// A race was found in it. Each pair of places counts once.
pub(super) fn found(test: u64, race: Race) {
    let places = |race: &Race| [std::ptr::from_ref(race.at), std::ptr::from_ref(race.previous)];
    let [at, previous] = places(&race);
    if let Some(test) = tests().get_mut(&test) {
        let same = |known: &Race| [[at, previous], [previous, at]].contains(&places(known));
        if !test.races.iter().any(same) {
            test.races.push(race);
        }
    }
}

impl Tested {
    /// What is to be said of the races so far; `None`: there are none.
    pub(crate) fn verdict(&self) -> Option<String> {
        let mut tests = tests();
        let races = std::mem::take(&mut tests.get_mut(&self.0)?.races);
        drop(tests);
        let texts: String = races.iter().map(|race| &*race.text).collect();
        match races.len() {
            0 => None,
            1 => Some(format!("data race\n{texts}")),
            n => Some(format!("{n} data races\n{texts}")),
        }
    }
}

impl Drop for Tested {
    fn drop(&mut self) {
        let test = tests().remove(&self.0);
        drop(test); // the lock was let go: this takes another
    }
}
