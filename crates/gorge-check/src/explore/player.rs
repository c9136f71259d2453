//! Plays one schedule: turns the question "who goes on?" into a numbered decision,
//! lets the strategy take it, and keeps what was decided.
//!
//! The possibilities stand in this order, so that 0 is always the plain one:
//! who runs goes on; the others, from the next one on, in a circle; time goes on.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::Location;

use gorge_base::Rng;
use gorge_base::probe::Op;
use gorge_sched::bubble::{Choice, Policy, Turn};

use super::schedule::{Decision, mix};
use super::strategy::question::{Question, Strategy, Way};
use super::watchdog::Pulse;

/// After so many operations in a row another goroutine has its turn, as if by
/// `gosched`: so that whoever only looks whether something has happened lets it happen.
const PATIENCE: u32 = 1000;

/// After so many at the same few places, too.
const PATIENCE_WITH_LOOPS: u32 = 100;

/// So few places make a loop.
const LOOP: usize = 12;

/// So many decisions somebody who can run is passed over at most: no schedule is so unfair that a loop
/// goes on for ever whose end somebody is about to bring. (The strategy is told, so that whoever brings it in a hundred
/// steps need not wait so long for each: see `Strategy::passed_over`.)
const PASSED_OVER: u64 = 1000;

/// So many questions time is passed over at most while somebody runs and a timer is to come, if timers may be early at
/// all: a program that is busy until then would be so for ever.
const TIME_PASSED_OVER: u64 = 5000;

/// An operation that was done, for the trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) seat: usize,
    pub(crate) op: Op,
    /// A number that only this object has in this trace, or 0. (Of a join it is the goroutine.)
    pub(crate) object: usize,
    pub(crate) at: &'static Location<'static>,
}

/// What lies where: the memory of one thing may be another's later.
#[derive(Debug, Default)]
pub(crate) struct Alive {
    numbers: BTreeMap<usize, usize>,
    last: usize,
}

impl Alive {
    pub(crate) fn number(&mut self, address: usize) -> usize {
        if address == 0 {
            return 0;
        }
        *self.numbers.entry(address).or_insert_with(|| {
            self.last += 1;
            self.last
        })
    }

    pub(crate) fn gone(&mut self, from: usize, bytes: usize) {
        let to = from.saturating_add(bytes);
        while let Some((&address, _)) = self.numbers.range(from..to).next() {
            self.numbers.remove(&address);
        }
    }
}

#[derive(Debug)]
pub(crate) struct Player {
    pub(crate) strategy: Box<dyn Strategy>,
    pub(crate) decisions: Vec<Decision>,
    /// Filled if somebody wants to see it.
    pub(crate) trace: Option<Vec<Step>>,
    /// So too.
    alive: Alive,
    /// When time went on: after so many steps, and whether somebody could have run.
    pub(crate) jumps: Vec<(usize, bool)>,
    /// How often in this run time may go on although somebody can run.
    pub(crate) early_timers: u32,
    early: u32,
    /// In this run something was not possible because of a bound.
    pub(crate) bounded: bool,
    ways: Vec<Way>,
    in_a_row: (usize, u32),
    /// Where these were done; and how many have been at places that are known.
    places: Vec<&'static Location<'static>>,
    looks: u32,
    /// How many times in a row somebody let others run, and nobody did anything else.
    yields: usize,
    /// Questions so far, and of each goroutine since which of them it has been passed over, and until which.
    questions: u64,
    waiting: Vec<(u64, u64)>,
    /// At which question time went on last, or no timer was to come.
    last_time: u64,
    /// Time went on, and the same question comes again: whether the current one still lets others run. (Not if time
    /// went on for its sake: with a ticker that nobody hears time could do so for ever.)
    again: Option<bool>,
    pub(crate) print: u64,
    rng: Rng,
    pub(crate) pulse: Pulse,
}

impl Player {
    pub(crate) fn new(strategy: Box<dyn Strategy>, early_timers: u32) -> Player {
        Player {
            strategy,
            decisions: Vec::new(),
            trace: None,
            alive: Alive::default(),
            jumps: Vec::new(),
            early_timers,
            early: 0,
            bounded: false,
            ways: Vec::new(),
            in_a_row: (0, 0),
            places: Vec::new(),
            looks: 0,
            yields: 0,
            questions: 0,
            waiting: Vec::new(),
            last_time: 0,
            again: None,
            print: 0,
            rng: Rng::new(0),
            pulse: Pulse::default(),
        }
    }

    /// Forgets the last run.
    pub(crate) fn begin(&mut self) {
        self.decisions.clear();
        if let Some(trace) = &mut self.trace {
            trace.clear();
        }
        self.alive = Alive::default();
        self.jumps.clear();
        self.early = 0;
        self.bounded = false;
        self.in_a_row = (0, 0);
        self.places.clear();
        (self.looks, self.yields, self.questions) = (0, 0, 0);
        self.waiting.clear();
        self.last_time = 0;
        self.again = None;
        self.print = 0;
        self.rng = Rng::new(1);
        self.strategy.begin();
    }

    /// What `current` is about to do.
    fn note(&mut self, turn: &Turn<'_>, current: usize) -> bool {
        let pending = &turn.seats[current].pending;
        let (Some(op), Some(at)) = (pending.op, pending.at) else { return false };
        self.print =
            mix(self.print, (current as u64) << 40 | u64::from(at.line()) << 8 | op as u64);
        if let Some(trace) = &mut self.trace {
            let again = trace.last().is_some_and(|last| {
                last.seat == current
                    && std::ptr::eq(last.at, at)
                    && last.op == op
                    && op == Op::Yield
            });
            if !again {
                let object = match op {
                    Op::Join => pending.object,
                    _ => self.alive.number(pending.object),
                };
                trace.push(Step { seat: current, op, object, at });
            }
        }
        if self.in_a_row.0 == current {
            self.in_a_row.1 += 1;
        } else {
            self.in_a_row = (current, 0);
            self.places.clear();
            self.looks = 0;
        }
        if self.places.iter().any(|known| std::ptr::eq(*known, at)) {
            self.looks += 1;
        } else {
            if self.places.len() == LOOP {
                self.places.clear();
                self.looks = 0;
            }
            self.places.push(at);
        }
        let patient = self.in_a_row.1 < PATIENCE && self.looks < PATIENCE_WITH_LOOPS;
        self.bounded |= !patient;
        op == Op::Yield || !patient
    }

    fn note_jump(&mut self, early: bool) {
        self.last_time = self.questions;
        if let Some(trace) = &self.trace {
            self.jumps.push((trace.len(), early));
        }
    }

    /// Who has been passed over for too long.
    fn passed_over(&mut self, turn: &Turn<'_>) -> Option<usize> {
        self.questions += 1;
        let now = self.questions;
        // (In ascending order.)
        let seats = turn.others.last().map_or(0, |last| last + 1);
        if self.waiting.len() < seats {
            self.waiting.resize(seats, (0, 0));
        }
        let mut over = None;
        for seat in turn.others {
            let (since, last) = &mut self.waiting[*seat];
            if *last + 1 != now {
                *since = now;
            }
            *last = now;
            if now - *since > PASSED_OVER {
                over = over.or(Some(*seat));
            }
        }
        over
    }

    fn decide(&mut self, turn: &Turn<'_>, stays: bool) -> usize {
        let possibilities = self.ways.len();
        if possibilities > 1 {
            self.print = mix(self.print, possibilities as u64);
        }
        let at = self.decisions.len();
        let question = Question { ways: &self.ways, turn, stays, at, print: self.print };
        let taken = self.strategy.choose(&question).min(possibilities - 1);
        if possibilities > 1 {
            self.decisions.push(Decision { taken: taken as u32, print: self.print });
        }
        taken
    }
}

fn place_of(turn: &Turn<'_>, seat: usize) -> usize {
    turn.others.binary_search(&seat).expect("it is one of them")
}

impl Policy for Player {
    fn hears_of_gone(&self) -> bool {
        self.trace.is_some()
    }

    fn gone(&mut self, object: usize, bytes: usize) {
        self.alive.gone(object, bytes);
    }

    fn choose(&mut self, turn: &Turn<'_>) -> Choice {
        self.pulse.beat();
        let mut stays = turn.current.is_some();
        let mut yields = false;
        self.ways.clear();
        if let Some(current) = turn.current {
            yields = match self.again.take() {
                Some(yields) => yields,
                None => self.note(turn, current),
            };
            let op = turn.seats[current].pending.op;
            let object = turn.seats[current].pending.object;
            if op == Some(Op::Join)
                && let Some(other) = turn.seats.iter().rposition(|seat| seat.record == object)
                && turn.seats[other].has_ended()
            {
                self.strategy.joined(current, other);
            }
            let alone = matches!(op, Some(Op::Go | Op::Join));
            if !yields && (alone || op == Some(Op::Sleep) && object == 0) {
                return Choice::Stay; // nobody can tell when that is done
            }
            if !(yields && (!turn.others.is_empty() || turn.timer)) {
                self.ways.push(Way::Go(current));
            } else {
                stays = false;
                self.in_a_row.1 = 0;
                self.looks = 0;
            }
        }
        self.yields = if yields {
            self.yields + 1
        } else {
            self.yields * usize::from(turn.current.is_none())
        };
        let passed_over = self.passed_over(turn);
        if !turn.timer {
            self.last_time = self.questions;
        }
        let late = self.early_timers > 0 && self.questions - self.last_time > TIME_PASSED_OVER;
        self.bounded |= late;
        // All who can run only look, and nothing will happen before time goes on.
        let idle = turn.timer && self.yields > 2 * turn.others.len() + 2;
        if passed_over.is_some() || idle || late {
            if let Some(seat) = passed_over {
                self.bounded = true;
                self.strategy.passed_over(seat);
            }
            self.yields = 0;
            self.ways.clear();
            self.ways.push(passed_over.map_or(Way::Time, Way::Go));
            self.decide(turn, false);
            return match passed_over {
                Some(seat) => Choice::Other(place_of(turn, seat)),
                None => {
                    self.note_jump(false);
                    self.again = turn.current.map(|_| false);
                    Choice::Time
                }
            };
        }
        let last = if yields { self.in_a_row.0 + 1 } else { 0 };
        let next = turn.others.partition_point(|other| *other < last);
        let (before, after) = turn.others.split_at(next);
        self.ways.extend(after.iter().chain(before).map(|seat| Way::Go(*seat)));
        let forced = self.ways.is_empty();
        if turn.timer && (forced || self.early < self.early_timers) {
            self.ways.push(Way::Time);
        }
        self.bounded |= turn.timer && !matches!(self.ways.last(), Some(Way::Time));
        let taken = self.decide(turn, stays);
        match self.ways[taken] {
            Way::Go(seat) if Some(seat) == turn.current => Choice::Stay,
            Way::Go(seat) => Choice::Other(place_of(turn, seat)),
            Way::Time => {
                self.early += u32::from(!forced);
                self.note_jump(!forced);
                self.again = turn.current.map(|_| yields && !forced);
                Choice::Time
            }
        }
    }

    fn below(&mut self, n: u32) -> u32 {
        if n > 64 {
            self.strategy.drew();
            return self.rng.next_u32(); // no choice that one could enumerate
        }
        self.print = mix(self.print, u64::from(n) | 1 << 50);
        let at = self.decisions.len();
        let taken = self.strategy.value(n, at, self.print).min(n - 1);
        self.decisions.push(Decision { taken, print: self.print });
        taken
    }

    fn time_went_on(&mut self) {
        self.note_jump(false);
        self.strategy.time_went_on();
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Always the same one, until somebody was passed over, who is noted.
    #[derive(Debug)]
    struct Unfair(Arc<Mutex<Vec<usize>>>);

    impl Strategy for Unfair {
        fn begin(&mut self) {}
        fn choose(&mut self, _: &Question<'_>) -> usize {
            0
        }
        fn value(&mut self, _: u32, _: usize, _: u64) -> u32 {
            0
        }
        fn passed_over(&mut self, seat: usize) {
            self.0.lock().unwrap().push(seat);
        }
    }

    #[test]
    fn who_is_passed_over_for_too_long_goes_on_and_that_is_told() {
        let told = Arc::default();
        let mut player = Player::new(Box::new(Unfair(Arc::clone(&told))), 0);
        player.begin();
        let turn = Turn { current: None, others: &[1, 2], seats: &[], timer: false };
        let chosen: Vec<Choice> = (0..PASSED_OVER).map(|_| player.choose(&turn)).collect();
        assert!(chosen.iter().all(|choice| *choice == Choice::Other(0)), "1 goes on");
        assert!(told.lock().unwrap().is_empty());
        // (That 1 went on is not seen here: it can still run. So both have been passed over.)
        assert_eq!(player.choose(&turn), Choice::Other(0));
        assert_eq!(*told.lock().unwrap(), [1]);
        assert!(player.bounded);
    }
}
