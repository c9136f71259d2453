//! Exploration of schedules: the same program, run again and again, each time with
//! another order of its operations.
//!
//! | file | idea |
//! |---|---|
//! | `strategy/` | which schedules: random, PCT, all, one again |
//! | `player` | from "who goes on?" to a numbered decision |
//! | `schedule` | decisions as a short text |
//! | `run` | one run in a bubble |
//! | `shrink` | plainer schedules that fail alike |
//! | `report`, `objects` | what is said about a failure, and what the things are called |
//! | `watchdog` | notices that an exploration is stuck |

mod objects;
mod player;
#[cfg(test)]
mod reduction_tests;
mod report;
mod run;
mod schedule;
mod shrink;
mod strategy;
mod watchdog;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gorge_sched::bubble;

use crate::race;

use player::Player;
use run::{Program, alike, play, play_once};
use schedule::Script;
use shrink::Shrinker;
use strategy::question::Strategy;
use strategy::{Exhaustive, Pct, Random, Reduced, Replay};
use watchdog::Watchdog;

/// Which schedules are tried.
#[derive(Clone, Debug)]
enum Plan {
    /// Random walks and PCT by turns.
    Mixed(u64),
    Random(u64),
    Pct(u32, u64),
    Exhaustive(Option<u32>),
    Replay(String),
}

/// An exploration to be. See [`explore`].
///
/// # Examples
/// ```
/// use gorge::testing::{Explore, explore};
/// use std::time::Duration;
///
/// let program = || _ = gorge::go(|| 1).join();
/// let random: Explore = explore().seed(7).schedules(10).steps(1_000).within(Duration::from_secs(60));
/// random.early_timers(0).races(false).name("ping").run(program);
/// explore().pct(2, 10).run(program);
/// explore().preemptions(1).run(program);
/// assert!(explore().exhaustive().run(program).complete);
/// ```
#[derive(Clone, Debug)]
#[must_use = "an exploration does nothing until it is run"]
pub struct Explore {
    plan: Plan,
    seed: u64,
    steps: u64,
    early_timers: u32,
    races: bool,
    name: Option<String>,
    within: Option<Duration>,
}

/// An exploration that found nothing.
///
/// # Examples
/// ```
/// use gorge::testing::explore;
///
/// let explored = explore().exhaustive().run(|| _ = gorge::go(|| 1).join());
/// assert!(explored.complete && explored.schedules >= 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Explored {
    /// How many schedules were run.
    pub schedules: u64,
    /// Those were all there are, but for what [`bounded`](Self::bounded) says.
    pub complete: bool,
    /// Some were left out because of a bound: on [preemptions](Explore::preemptions), on [early
    /// timers](Explore::early_timers), or on how long somebody who only looks keeps others from running.
    pub bounded: bool,
}

/// An exploration that found a schedule with which the program fails.
///
/// # Examples
/// ```
/// use gorge::{go, testing::explore};
/// use gorge::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use std::sync::Arc;
///
/// fn lost_update() {
///     let n = Arc::new(AtomicU32::new(0));
///     let theirs = n.clone();
///     let other = go(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
///     n.store(n.load(SeqCst) + 1, SeqCst);
///     other.join().unwrap();
///     assert_eq!(n.load(SeqCst), 2);
/// }
///
/// let failure = explore().check(lost_update).unwrap_err();
/// assert!(failure.what.contains("assertion"));
/// let again = explore().replay(failure.schedule).check(lost_update).unwrap_err();
/// assert_eq!(again.schedules, 1); // that schedule only
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What failed, in one line.
    pub what: String,
    /// The schedule: for [`Explore::replay`], or `GORGE_REPLAY`.
    pub schedule: String,
    /// After how many schedules it was found.
    pub schedules: u64,
    /// The whole report.
    pub report: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)
    }
}

impl std::error::Error for Failure {}

/// Begins an exploration: to be told what to try, and then to [`run`](Explore::run) a program.
///
/// # Examples
/// ```should_panic
/// use gorge::{sync::Mutex, testing};
/// use std::sync::Arc;
///
/// testing::explore().random(1000).run(|| {
///     let a = Arc::new(Mutex::new(()));
///     let b = Arc::new(Mutex::new(()));
///     let (a2, b2) = (a.clone(), b.clone());
///     let other = gorge::go(move || {
///         let _b = b2.lock();
///         let _a = a2.lock();
///     });
///     let _a = a.lock();
///     let _b = b.lock(); // the other way round
///     drop((_a, _b));
///     other.join().unwrap();
/// });
/// ```
pub fn explore() -> Explore {
    Explore {
        plan: Plan::Mixed(1000),
        seed: 0,
        steps: 100_000,
        early_timers: 3,
        races: true,
        name: None,
        within: None,
    }
}

impl Explore {
    /// So many schedules, random walks and [`pct`](Self::pct) of depth 3 by turns. The default,
    /// with a thousand.
    pub fn schedules(mut self, schedules: u64) -> Explore {
        self.plan = Plan::Mixed(schedules);
        self
    }

    /// So many random walks: at each operation each goroutine that can run is equally likely.
    pub fn random(mut self, schedules: u64) -> Explore {
        self.plan = Plan::Random(schedules);
        self
    }

    /// So many schedules of probabilistic concurrency testing: goroutines have random priorities,
    /// which change at `depth - 1` random moments. Finds bugs that need `depth` things in a certain
    /// order with a probability that is known, also in long programs.
    pub fn pct(mut self, depth: u32, schedules: u64) -> Explore {
        self.plan = Plan::Pct(depth, schedules);
        self
    }

    /// All schedules. Of those that differ only in the order of operations on different objects one is run
    /// (dynamic partial-order reduction): whatever can happen happens in one of them. [`Explored`] says
    /// whether it came to the end.
    pub fn exhaustive(mut self) -> Explore {
        self.plan = Plan::Exhaustive(None);
        self
    }

    /// All schedules in which at most so many times a goroutine that could go on has to wait for
    /// another one.
    pub fn preemptions(mut self, bound: u32) -> Explore {
        self.plan = Plan::Exhaustive(Some(bound));
        self
    }

    /// This schedule only, as a failure has printed it. (The environment variable `GORGE_REPLAY`
    /// says so from outside.)
    pub fn replay(mut self, schedule: impl Into<String>) -> Explore {
        self.plan = Plan::Replay(schedule.into());
        self
    }

    /// For random schedules: where chance begins. The same seed gives the same schedules.
    pub fn seed(mut self, seed: u64) -> Explore {
        self.seed = seed;
        self
    }

    /// A run with more steps than this fails. The default is 100,000.
    pub fn steps(mut self, limit: u64) -> Explore {
        self.steps = limit;
        self
    }

    /// So many times in each run a timer may fire although somebody can run, as if everybody had been
    /// slow: then a timeout strikes although the answer was near. The default is 3 (and once more whenever a timer has been
    /// passed over for thousands of steps); with 0 time goes on only when all wait.
    pub fn early_timers(mut self, times: u32) -> Explore {
        self.early_timers = times;
        self
    }

    /// Whether a data race on a [`Shared`](gorge_sync::race::Shared) variable is a failure. It is, unless
    /// this says otherwise; looking for them takes time.
    pub fn races(mut self, matter: bool) -> Explore {
        self.races = matter;
        self
    }

    /// No new schedule is begun after this time.
    pub fn within(mut self, time: Duration) -> Explore {
        self.within = Some(time);
        self
    }

    /// The name of the test, for the line that repeats a failure.
    pub fn name(mut self, name: impl Into<String>) -> Explore {
        self.name = Some(name.into());
        self
    }

    /// Runs `program` with one schedule after the other.
    ///
    /// # Blocking
    /// Until it is done, or a schedule has failed.
    ///
    /// # Panics
    /// With the report of the failure.
    #[track_caller]
    pub fn run<F>(self, program: F) -> Explored
    where
        F: Fn() + Send + Sync + 'static,
    {
        match self.check(program) {
            Ok(explored) => explored,
            Err(failure) => panic!("{failure}"),
        }
    }

    /// As [`run`](Self::run), but gives the failure.
    ///
    /// # Blocking
    /// As [`run`](Self::run).
    ///
    /// # Panics
    /// In a [bubble](super::testing::bubble).
    ///
    /// # Errors
    /// The first failure, with the plainest schedule found for it.
    pub fn check<F>(mut self, program: F) -> Result<Explored, Failure>
    where
        F: Fn() + Send + Sync + 'static,
    {
        assert!(bubble::current().is_none(), "an exploration within a bubble");
        crate::install();
        if self.name.is_none() && !gorge_sched::in_goroutine() {
            self.name = std::thread::current().name().filter(|n| *n != "main").map(str::to_owned);
        }
        if let Ok(schedule) = std::env::var("GORGE_REPLAY") {
            self.plan = Plan::Replay(schedule);
        }
        let _races = self.races.then(race::explore);
        let program = Program { body: Arc::new(program), steps: self.steps, races: self.races };
        gorge_sched::run(move || self.drive(&program))
    }

    fn drive(&self, program: &Program) -> Result<Explored, Failure> {
        let random = || Box::new(Random::new(self.seed));
        let pct = |depth| Box::new(Pct::new(self.seed, depth));
        let (mut strategies, most): (Vec<Box<dyn Strategy>>, u64) = match &self.plan {
            Plan::Mixed(n) => (vec![random(), pct(3)], *n),
            Plan::Random(n) => (vec![random()], *n),
            Plan::Pct(depth, n) => (vec![pct(*depth)], *n),
            Plan::Exhaustive(None) => (vec![Box::new(Reduced::new())], u64::MAX),
            Plan::Exhaustive(Some(bound)) => (vec![Box::new(Exhaustive::new(*bound))], u64::MAX),
            Plan::Replay(text) => return self.repeat(program, text),
        };
        let began = Instant::now();
        let first = strategies.remove(0);
        let mut player = Box::new(Player::new(first, self.early_timers));
        let _watchdog = Watchdog::start(&player.pulse, watchdog::LIMIT, watchdog::tell);
        let mut explored = Explored { schedules: 0, complete: false, bounded: false };
        while explored.schedules < most {
            if self.within.is_some_and(|within| began.elapsed() > within) {
                break;
            }
            let (back, bad) = play(program, player, false);
            player = back;
            explored.schedules += 1;
            if let Some(bad) = bad {
                return Err(self.explain(program, player, &bad, explored.schedules));
            }
            if let Some(at) = player.strategy.parted() {
                return Err(self.not_ours(at, explored.schedules));
            }
            let decisions = player.decisions.len();
            explored.bounded |= player.bounded;
            let more = player.strategy.end(decisions);
            explored.bounded |= player.strategy.is_bounded();
            if !more {
                explored.complete = true;
                break;
            }
            if let Some(next) = strategies.first_mut() {
                std::mem::swap(next, &mut player.strategy);
            }
        }
        Ok(explored)
    }

    /// The failure of a run, with a plainer schedule if there is one.
    fn explain(
        &self,
        program: &Program,
        player: Box<Player>,
        bad: &run::Bad,
        schedules: u64,
    ) -> Failure {
        let decisions = player.decisions.clone();
        let mut player = Some(player);
        // Does it fail again, with the same schedule?
        let same = Box::new(Replay::exactly(&decisions));
        let again = play_once(program, &mut player, same, false);
        let parted = player.as_mut().and_then(|player| {
            let decisions = player.decisions.len();
            player.strategy.end(decisions);
            player.strategy.parted()
        });
        if parted.is_some() || !again.is_some_and(|again| alike(&again.end, &bad.end)) {
            let what = report::headline(bad, self.steps);
            let schedule = Script::of(&decisions).to_string();
            let at = parted.map_or_else(String::new, |at| format!(" from decision {} on", at + 1));
            let report = format!(
                "{what}\n\nfound with schedule {schedules}; but the same schedule does something else{at}: \
                 the program depends on something that is not decided here (real time, plain threads, \
                 addresses, chance of its own)\n\n{}",
                report::story(bad, &[], &[])
            );
            return Failure { what, schedule, schedules, report };
        }
        let turns = Shrinker::new(program, &mut player, &bad.end).shrink(&decisions);
        let switches =
            |decisions: &[schedule::Decision]| decisions.iter().filter(|d| d.taken != 0).count();
        let before = switches(&decisions);
        self.tell(program, player, Replay::lenient(turns), schedules, |after| {
            let after = switches(after);
            match after {
                0 => format!(
                    "found with schedule {schedules}; it needs no switch: each runs until it waits"
                ),
                1 => format!("found with schedule {schedules}; 1 switch matters (of {before})"),
                _ => format!(
                    "found with schedule {schedules}; {after} switches matter (of {before})"
                ),
            }
        })
        .unwrap_or_else(|| self.not_ours(0, schedules))
    }

    /// Runs the schedule once more, looks at everything, and tells.
    fn tell(
        &self,
        program: &Program,
        mut player: Option<Box<Player>>,
        replay: Replay,
        schedules: u64,
        found: impl FnOnce(&[schedule::Decision]) -> String,
    ) -> Option<Failure> {
        player.as_mut()?.trace = Some(Vec::new());
        let bad = play_once(program, &mut player, Box::new(replay), true)?;
        let player = player?;
        let what = report::headline(&bad, self.steps);
        let schedule = Script::of(&player.decisions).to_string();
        let mut report = format!(
            "{what}\n\n{}\nto see it again: GORGE_REPLAY={schedule} {}\n\n",
            found(&player.decisions),
            report::command(self.name.as_deref())
        );
        report.push_str(&report::story(
            &bad,
            player.trace.as_deref().unwrap_or_default(),
            &player.jumps,
        ));
        if bad.forgotten > 0 {
            report.push_str(&format!(
                "\n{} of them could not be unwound and stay parked\n",
                bad.forgotten
            ));
        }
        Some(Failure { what, schedule, schedules, report })
    }

    /// The one schedule that was asked for.
    fn repeat(&self, program: &Program, text: &str) -> Result<Explored, Failure> {
        let fail = |what: String| Failure {
            report: what.clone(),
            what,
            schedule: text.to_owned(),
            schedules: 1,
        };
        let script = Script::parse(text).map_err(fail)?;
        let len = script.len;
        let mut player = Player::new(Box::new(Replay::told(script.clone())), self.early_timers);
        player.trace = Some(Vec::new());
        let (mut player, bad) = play(program, Box::new(player), true);
        let decisions = player.decisions.len();
        player.strategy.end(decisions);
        if let Some(at) = player.strategy.parted() {
            let what = format!(
                "the schedule does not fit: at decision {} of {len} the program had done something else",
                at + 1
            );
            let mut failure = fail(what);
            if let Some(bad) = bad {
                failure.report = format!(
                    "{}\n\nit has failed all the same: {}\n\n{}",
                    failure.what,
                    report::headline(&bad, self.steps),
                    report::story(&bad, player.trace.as_deref().unwrap_or_default(), &player.jumps)
                );
            }
            return Err(failure);
        }
        match bad {
            None => Ok(Explored { schedules: 1, complete: false, bounded: true }),
            Some(bad) => {
                let what = report::headline(&bad, self.steps);
                let mut failure = fail(what);
                failure.report = format!(
                    "{}\n\nwith schedule {text}\n\n{}",
                    failure.what,
                    report::story(&bad, player.trace.as_deref().unwrap_or_default(), &player.jumps)
                );
                Err(failure)
            }
        }
    }

    fn not_ours(&self, at: usize, schedules: u64) -> Failure {
        let what = format!(
            "the program does not do the same with the same schedule (schedule {schedules}, decision {}): \
             it depends on something that is not decided here",
            at + 1
        );
        Failure { report: what.clone(), what, schedule: String::new(), schedules }
    }
}

/// Ends the run of the caller's bubble with this failure, at its next step: for a tool that
/// notices what the program does not. True if the caller is in a bubble.
///
/// # Examples
/// ```
/// assert!(!gorge::testing::fail("not in a bubble: nothing fails"));
/// ```
pub fn fail(text: impl Into<String>) -> bool {
    bubble::fail(text.into())
}
