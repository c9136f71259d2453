//! The race detector.
//!
//! Promise: every report is a race: two accesses to the same variable, at least one
//! a write, that nothing orders. What orders is what Go's memory model says: a send
//! comes before the receive of its value, a receive from an unbuffered channel
//! before the end of the send, receive number k before the end of send number
//! k + capacity, a close before a receive that finds the channel closed, an
//! unlock before the next lock, what is done once before all who rely on it, and so
//! on for everything in Gorge that waits or wakes.
//!
//! Order that is made by anything else is not seen: by what `std` has to synchronise (its
//! locks, channels, atomics, the joining of its threads), by other crates, by the
//! operating system. Two accesses that only such a thing orders are reported, though they are
//! ordered: the promise is kept for programs that synchronise through Gorge.
//!
//! What is seen are variables of the type made for it, [`Shared`], and the misuse of a
//! wait group; the rest of safe Rust has no data races. (Unsafe code is for
//! ThreadSanitizer; see CONTRIBUTING.md.) As Go's, it finds races between accesses
//! that were made in this run, in whatever order they happened to be made.
//! Together with exploration no luck is needed. In a test it looks from the first shared variable that the test uses.
//!
//! | file | holds |
//! |---|---|
//! | `brief` | a lock for moments |
//! | `clock` | vector clocks |
//! | `threads` | goroutines and their slots in clocks |
//! | `objects` | what was released where |
//! | `variables` | who accessed what last: FastTrack |
//! | `trace` | stacks, kept cheaply |
//! | `tested` | what was found in which test |
//! | `report`, `options` | what is said, and what was asked for |
//!
//! [`Shared`]: gorge_sync::race::Shared

mod brief;
mod clock;
mod objects;
mod options;
mod report;
mod tested;
mod threads;
mod trace;
mod variables;

pub(crate) use options::Options;
pub use report::Race;
pub(crate) use tested::{Tested, do_not_look_in_tests};
pub(crate) use trace::exactly;

use std::collections::HashSet;
use std::io::Write;
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use gorge_base::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use gorge_base::probe::{self, Order, Place};
use gorge_sched::bubble;

use self::objects::Objects;
use self::threads::{Created, lock_both, with_me};
use self::variables::{Access, Variables};

static OBJECTS: Objects = Objects::new();
static VARIABLES: Variables = Variables::new();

/// Whether any shared variable was ever used. What was done before has no access that could matter, so that until then
/// nothing is noted of what happens before what, but for who was started where.
///
/// Whoever comes after an access by way of something that orders sees this, because that one did: it is set before.
static ACCESSED: AtomicBool = AtomicBool::new(false);

#[inline(always)]
fn matters() -> bool {
    ACCESSED.load(Acquire)
}

struct Detector;

impl Order for Detector {
    fn acquire(&self, object: usize) {
        if !matters() {
            return;
        }
        with_me(|me| {
            let mut me = me.lock();
            OBJECTS.look(object, |clock| me.known().join(clock));
        });
    }

    fn release(&self, object: usize) {
        if !matters() {
            return;
        }
        with_me(|me| {
            let mut me = me.lock();
            OBJECTS.change(object, |clock| clock.join(me.publish()));
        });
    }

    fn passes(&self, object: usize) {
        if !matters() {
            return;
        }
        with_me(|me| pass(&mut me.lock(), object));
    }

    fn replaces(&self, object: usize) {
        if !matters() {
            return;
        }
        with_me(|me| {
            let mut me = me.lock();
            OBJECTS.change(object, |clock| clock.become_as(me.publish()));
        });
    }

    fn meets(&self, who: usize) {
        if !matters() {
            return;
        }
        let other = threads::of(who);
        with_me(|me| {
            if let Some((mut me, mut other)) = lock_both(me, &other) {
                me.publish().join(other.publish());
                other.known().join(me.known());
            }
        });
    }

    fn passes_for(&self, who: usize, object: usize) {
        if !matters() {
            return;
        }
        pass(&mut threads::of(who).lock(), object);
    }

    fn starts(&self, who: usize, orphan: bool, at: Place) {
        threads::end(who); // a record that was used before
        let (known, trace) = match orphan {
            true => Default::default(),
            false => with_me(|me| {
                let mut me = me.lock();
                let origin = me.identity.created.as_ref().map(|created| created.at);
                let (base, bubble) = (me.base, me.identity.bubble.load(Relaxed));
                let trace = me.recent.here(at, base, origin, bubble);
                (me.publish().clone(), trace)
            }),
        };
        threads::make(who, known, Some(Created { at, trace }), None);
    }

    fn begins(&self, who: usize) {
        threads::begin(who);
    }

    fn ends(&self, who: usize) {
        threads::forget_me();
        match threads::end(who) {
            Some(known) if matters() => OBJECTS.change(who, |clock| *clock = known),
            _ => OBJECTS.forget(who, 1),
        }
    }

    fn access(&self, object: usize, address: usize, write: bool, at: Place) {
        if !matters() {
            // SeqCst: who does something later sees it at once, also where nothing orders.
            ACCESSED.store(true, SeqCst);
        }
        let race = with_me(|me| VARIABLES.access(object, write, at, &mut me.lock()));
        if let Some((before, now)) = race {
            found(address, now, &before);
        }
    }

    fn gone(&self, object: usize, bytes: usize) {
        if !matters() {
            return;
        }
        OBJECTS.forget(object, bytes);
        VARIABLES.forget(object);
    }
}

/// Goes through an object, one after the other.
fn pass(state: &mut threads::State, object: usize) {
    OBJECTS.change(object, |clock| {
        let mine = state.publish();
        mine.join(clock);
        clock.become_as(mine);
    });
}

/// What is done with races.
struct Results {
    options: Options,
    /// Pairs of places that were reported.
    known: Vec<(Place, Place)>,
    /// While somebody watches: what was found since.
    watched: Option<Vec<Race>>,
}

static COUNT: AtomicUsize = AtomicUsize::new(0);

fn results() -> MutexGuard<'static, Results> {
    static RESULTS: OnceLock<Mutex<Results>> = OnceLock::new();
    let results = RESULTS.get_or_init(|| {
        let options = Options::default();
        Mutex::new(Results { options, known: Vec::new(), watched: None })
    });
    results.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cold]
fn found(address: usize, mut now: Access, before: &Access) {
    let mut results = results();
    let (pair, test) = ((now.at, before.at), tested::test_of(&now, before));
    let mut told = |options: &Options| {
        now.trace = Some(trace::walk());
        report::write(address, &now, before, options)
    };
    if bubble::is_explored() {
        if bubble::current().is_some_and(|number| quiet().contains(&number)) {
            return;
        }
        // Every time, known or not: the same schedule must fail again.
        let race = told(&results.options);
        if let Some(race) = race {
            bubble::fail(format!("data race\n{}", race.text));
        }
        return;
    }
    if results.watched.is_none()
        && let Some(test) = test
        && let Some(race) = told(&results.options)
    {
        tested::found(test, race);
    }
    if results.watched.is_none() && !ENABLED.load(Relaxed) {
        return; // somebody explores, and this is no part of it
    }
    let known = results.known.iter().any(|&known| known == pair || known == (pair.1, pair.0));
    if known {
        return;
    }
    results.known.push(pair);
    let Some(race) = told(&results.options) else { return };
    if let Some(watched) = &mut results.watched {
        watched.push(race);
        return;
    }
    print(&race.text, &results.options);
    // Afterwards: who sees that something was reported may end the program.
    COUNT.fetch_add(1, Release);
    if results.options.halt_on_error {
        let code = results.options.exit_code;
        drop(results);
        std::process::exit(code);
    }
}

fn print(text: &str, options: &Options) {
    if let Some(path) = &options.log_path {
        let path = format!("{path}.{}", std::process::id());
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        if file.and_then(|mut file| file.write_all(text.as_bytes())).is_ok() {
            return;
        }
    }
    gorge_scope::stacks::write(text);
}

/// How many races were reported.
///
/// # Examples
/// ```
/// use gorge::race;
///
/// race::enable(); // as `GORGE_RACE=1`
/// assert_eq!(race::count(), 0);
/// ```
#[must_use]
pub fn count() -> usize {
    COUNT.load(Acquire)
}

/// Switches the detector on, as `GORGE_RACE=1` does: for all that is done from now on.
///
/// Races are printed as they are found. When the program ends with status 0,
/// and there were any, it ends with status 66 instead.
pub fn enable() {
    enable_with(Options::default());
}

/// Whether the detector was switched on for the program as a whole.
static ENABLED: AtomicBool = AtomicBool::new(false);

/// As [`enable`], with these options.
pub(crate) fn enable_with(options: Options) {
    results().options = options;
    if !ENABLED.swap(true, Relaxed) {
        at_exit();
        listen();
    }
}

fn listen() {
    if !probe::listen_to_order(&Detector) {
        probe::tell_order(true);
    }
}

/// Collects races instead of printing them, until it ends: for explorers of
/// schedules, and tests. Switches the detector on for so long.
///
/// One at a time; what was known of goroutines and objects before is forgotten.
///
/// # Examples
/// ```
/// use gorge::{go, race::{self, Shared, Watch}};
/// use std::sync::Arc;
///
/// gorge::run(|| {
///     let watch: Watch = race::watch();
///     let n = Arc::new(Shared::new(0));
///     let theirs = n.clone();
///     let other = go(move || theirs.set(1));
///     n.set(2); // at the same time
///     other.join().unwrap();
///     assert_eq!(watch.count(), 1);
///     assert!(watch.end()[0].text.contains("DATA RACE"));
/// });
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, it sees nothing"]
pub struct Watch(());

/// Begins to watch. See [`Watch`].
pub fn watch() -> Watch {
    probe::tell_order(false);
    forget_all();
    let mut results = results();
    results.known.clear();
    results.watched = Some(Vec::new());
    drop(results);
    listen();
    Watch(())
}

/// Forgets what was known of goroutines, objects and variables.
fn forget_all() {
    ACCESSED.store(false, SeqCst);
    threads::clear();
    OBJECTS.clear();
    VARIABLES.clear();
}

impl Watch {
    /// How many races were found so far.
    #[must_use]
    pub fn count(&self) -> usize {
        results().watched.as_ref().map_or(0, Vec::len)
    }

    /// The races that were found since it began, each pair of places once.
    #[must_use]
    pub fn end(self) -> Vec<Race> {
        results().watched.take().unwrap_or_default()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        results().watched = None;
        probe::tell_order(ENABLED.load(Relaxed));
    }
}

/// While one exists, a race in an explored bubble ends its run.
#[derive(Debug)]
pub(crate) struct Exploring(());

static EXPLORING: Mutex<u32> = Mutex::new(0);

/// Races matter to an exploration, until what this gives is dropped.
pub(crate) fn explore() -> Exploring {
    let mut exploring = EXPLORING.lock().unwrap_or_else(PoisonError::into_inner);
    *exploring += 1;
    if *exploring == 1 {
        if !ENABLED.load(Relaxed) && results().watched.is_none() {
            forget_all(); // it is of a time since which nobody listened
        }
        listen();
    }
    Exploring(())
}

impl Drop for Exploring {
    fn drop(&mut self) {
        let mut exploring = EXPLORING.lock().unwrap_or_else(PoisonError::into_inner);
        *exploring -= 1;
        if *exploring == 0 {
            let others = ENABLED.load(Relaxed) || results().watched.is_some();
            probe::tell_order(others);
        }
    }
}

/// The bubble is that of a test: its races are kept for it until what this gives is dropped.
pub(crate) fn test(bubble: u64) -> Tested {
    tested::test(bubble, || tested::begin(|| Box::new(explore())))
}

/// The explored bubbles in which races do not matter.
fn quiet() -> MutexGuard<'static, HashSet<u64>> {
    static QUIET: LazyLock<Mutex<HashSet<u64>>> = LazyLock::new(Mutex::default);
    QUIET.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While one exists, races in an explored bubble do not matter, whoever looks for them.
#[derive(Debug)]
pub(crate) struct Quiet(u64);

/// Races do not matter in this bubble, until what this gives is dropped.
pub(crate) fn ignore(bubble: u64) -> Quiet {
    quiet().insert(bubble);
    Quiet(bubble)
}

impl Drop for Quiet {
    fn drop(&mut self) {
        quiet().remove(&self.0);
    }
}

/// Lets the program end with the status that says that there were races.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn at_exit() {
    unsafe extern "C" {
        fn on_exit(
            f: extern "C" fn(libc::c_int, *mut libc::c_void),
            argument: *mut libc::c_void,
        ) -> libc::c_int;
    }
    extern "C" fn ends(status: libc::c_int, _: *mut libc::c_void) {
        crate::ending::at_the_end(|| the_end(status));
    }
    // SAFETY: the function stays where it is.
    unsafe { on_exit(ends, std::ptr::null_mut()) };
}

#[cfg(all(unix, not(all(target_os = "linux", target_env = "gnu"))))]
fn at_exit() {
    extern "C" fn ends() {
        // Here nobody tells with which status; those that are not 0 are lost.
        crate::ending::at_the_end(|| the_end(0));
    }
    // SAFETY: the function stays where it is.
    unsafe { libc::atexit(ends) };
}

#[cfg(not(unix))]
fn at_exit() {}

#[cfg(unix)]
fn the_end(status: i32) {
    if status != 0 {
        return;
    }
    // A report that is being written comes to its end, and counts.
    let results = results();
    let count = count();
    if count == 0 {
        return;
    }
    let code = results.options.exit_code;
    print(&format!("Found {count} data race(s)\n"), &results.options);
    // SAFETY: flushes what C code has written, and ends; what else was to be done
    // at the end is left out, as by ThreadSanitizer.
    unsafe {
        libc::fflush(std::ptr::null_mut());
        libc::_exit(code);
    }
}
