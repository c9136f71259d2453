//! Single flight: the same work, asked for by many at a time, is done once.
//!
//! Invariants:
//! - Under each key at most one call is known. Whoever finds it there joins it while the lock of the table
//!   is held; who ends it takes it out of the table first, and so nobody joins an ended call.
//! - Everybody who has joined gets the outcome, also when that is a panic or an exit.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use gorge_sched::JoinError;
use gorge_sync::chan::{Receiver, Sender, channel};
use gorge_sync::sync::Mutex;

use crate::outcome::caught;

/// Makes sure that of several calls with the same key at the same time one does the work, and the others
/// wait for its result. A handle: clones are the same flight.
///
/// # Examples
/// ```
/// use gorge::group::Flight;
/// use gorge_base::atomic::{AtomicU32, Ordering};
///
/// let flight = Flight::new();
/// let asked = AtomicU32::new(0);
/// let ask = || flight.do_("weather", || { asked.fetch_add(1, Ordering::Relaxed); "rain" });
/// let (first, second) = gorge::scope(|s| {
///     let other = s.go(ask);
///     (ask().0, other.join().unwrap().0)
/// });
/// assert_eq!((first, second), ("rain", "rain"));
/// assert!(asked.into_inner() <= 2); // 1 if they met
/// ```
///
/// # Compared with Go
/// `singleflight.Group`. The result is cloned for each caller. Where a panic meets callers of `DoChan`,
/// Go ends the program; here they get a [`FlightError`].
///
/// Keys are hashed and compared where nobody else can ask: `K::hash` and `K::eq` must not use the same flight.
pub struct Flight<K, V> {
    calls: Arc<Calls<K, V>>,
}

type Calls<K, V> = Mutex<HashMap<K, Arc<Call<V>>>>;

/// What the receiver of [`Flight::do_chan`] gets: the value and whether others got it too.
type Answer<V> = Result<(V, bool), FlightError>;

struct Call<V> {
    /// Closed at the end.
    over: (Sender<()>, Receiver<()>),
    state: Mutex<State<V>>,
}

struct State<V> {
    /// How many have joined the one who does the work.
    joined: usize,
    channels: Vec<Sender<Answer<V>>>,
    outcome: Option<Result<V, FlightError>>,
}

/// The function that did the work for all gave no value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FlightError {
    /// It panicked, with this text.
    Panicked(String),
    /// It left through `goexit`.
    Exited,
}

impl fmt::Display for FlightError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FlightError::Panicked(text) => write!(f, "single flight panicked: {text}"),
            FlightError::Exited => f.write_str("single flight left through goexit"),
        }
    }
}

impl std::error::Error for FlightError {}

impl From<&JoinError> for FlightError {
    fn from(end: &JoinError) -> Self {
        match end {
            JoinError::Exited => FlightError::Exited,
            JoinError::Panicked(_) => {
                FlightError::Panicked(end.message().unwrap_or("Box<dyn Any>").to_owned())
            }
        }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Flight<K, V> {
    /// A flight on which nobody is yet.
    #[must_use]
    pub fn new() -> Self {
        Flight { calls: Arc::default() }
    }

    /// Calls `f` and gives its result; or, while another call under `key` goes on, waits for the result of that
    /// one. Also says whether the result was given to more than one caller.
    ///
    /// # Blocking
    /// While `f` runs, here or in another goroutine; there a dump shows `[chan receive]`.
    ///
    /// # Panics
    /// With the panic of `f`, in every caller that waits for it. If `f` leaves through `goexit`, so
    /// does every caller.
    ///
    /// # Examples
    /// ```
    /// use gorge::group::Flight;
    ///
    /// let flight = Flight::new();
    /// let (value, shared) = flight.do_("key", || 42);
    /// assert_eq!((value, shared), (42, false)); // nobody else asked at the same time
    /// ```
    #[track_caller]
    pub fn do_(&self, key: K, f: impl FnOnce() -> V) -> (V, bool) {
        let mut calls = self.calls.lock();
        if let Some(call) = calls.get(&key).cloned() {
            call.state.lock().joined += 1;
            drop(calls);
            return call.wait();
        }
        let call = Arc::new(Call::new());
        calls.insert(key.clone(), call.clone());
        drop(calls);
        match fly(&self.calls, &key, &call, f) {
            Ok(answer) => answer,
            Err(end) => end.resume(),
        }
    }

    /// As [`do_`](Flight::do_), but in a goroutine of its own: gives a channel on which the result will come.
    /// The goroutine ends when `f` does, also if nobody listens any more.
    ///
    /// # Panics
    /// When it cannot be started, as [`go`](gorge_sched::go) does. Who has joined meanwhile is told.
    ///
    /// # Examples
    /// ```
    /// use gorge::group::{Flight, FlightError};
    ///
    /// let flight = Flight::new();
    /// let answer = flight.do_chan(1, || 6 * 7).recv().unwrap();
    /// assert_eq!(answer.unwrap().0, 42);
    /// let answer = flight.do_chan(2, || panic!("no answer")).recv().unwrap();
    /// assert_eq!(answer, Err(FlightError::Panicked("no answer".to_owned())));
    /// ```
    #[track_caller]
    pub fn do_chan(
        &self,
        key: K,
        f: impl FnOnce() -> V + Send + 'static,
    ) -> Receiver<Result<(V, bool), FlightError>>
    where
        K: Send + 'static,
        V: Send + 'static,
    {
        let (tx, rx) = channel(1);
        let mut calls = self.calls.lock();
        if let Some(call) = calls.get(&key) {
            let mut state = call.state.lock();
            state.joined += 1;
            state.channels.push(tx);
            return rx;
        }
        let call = Arc::new(Call::new());
        call.state.lock().channels.push(tx);
        calls.insert(key.clone(), call.clone());
        drop(calls);
        let flight = Unflown { calls: self.calls.clone(), key: Some(key), call };
        let body = move || {
            // Whatever the outcome is, it has gone to all who wait for it.
            let _ = flight.fly(f);
        };
        gorge_sched::go(body).detach();
        rx
    }

    /// Forgets the call under `key`: the next one does the work anew, although the present one goes on.
    ///
    /// # Examples
    /// ```
    /// use gorge::group::Flight;
    ///
    /// let flight = Flight::new();
    /// assert_eq!(flight.do_("key", || 1), (1, false));
    /// flight.forget(&"key"); // who comes next does not share what is under way
    /// assert_eq!(flight.do_("key", || 2), (2, false));
    /// ```
    pub fn forget(&self, key: &K) {
        let _forgotten = self.calls.lock().remove(key); // let go after the lock
    }
}

/// Does the work and gives the outcome to everybody who has joined.
fn fly<K: Eq + Hash, V: Clone>(
    calls: &Calls<K, V>,
    key: &K,
    call: &Arc<Call<V>>,
    f: impl FnOnce() -> V,
) -> Result<(V, bool), JoinError> {
    let outcome = caught(f);
    lands(calls, key, call);
    // Also when a clone panics: whoever has joined must not wait for ever.
    let over = Over(call);
    let told = outcome.as_ref().map(V::clone).map_err(FlightError::from);
    let (channels, shared) = {
        let mut state = call.state.lock();
        state.outcome = Some(told.clone());
        (std::mem::take(&mut state.channels), state.joined > 0)
    };
    drop(over);
    for tx in channels {
        // There is room for one, and this is the only one; a receiver that is gone is not told.
        let _ = tx.try_send(told.clone().map(|value| (value, shared)));
    }
    outcome.map(|value| (value, shared))
}

/// Takes a call out of the table: nobody joins it from now on.
fn lands<K: Eq + Hash, V>(calls: &Calls<K, V>, key: &K, call: &Arc<Call<V>>) {
    let mut calls = calls.lock();
    // `forget` may have made room for another call.
    if calls.get(key).is_some_and(|known| Arc::ptr_eq(known, call)) {
        calls.remove(key);
    }
}

/// A call that is in the table, for a goroutine which does not run yet. If that is dropped without having run, those
/// who have joined are told.
struct Unflown<K: Eq + Hash, V> {
    calls: Arc<Calls<K, V>>,
    /// `None` once it flies.
    key: Option<K>,
    call: Arc<Call<V>>,
}

impl<K: Eq + Hash, V: Clone> Unflown<K, V> {
    fn fly(mut self, f: impl FnOnce() -> V) -> Option<Result<(V, bool), JoinError>> {
        let key = self.key.take()?;
        Some(fly(&self.calls, &key, &self.call, f))
    }
}

impl<K: Eq + Hash, V> Drop for Unflown<K, V> {
    fn drop(&mut self) {
        let Some(key) = &self.key else { return };
        lands(&self.calls, key, &self.call);
        let never = FlightError::Panicked("no goroutine could be started for it".to_owned());
        let channels = {
            let mut state = self.call.state.lock();
            state.outcome = Some(Err(never.clone()));
            std::mem::take(&mut state.channels)
        };
        self.call.over.0.close();
        for tx in channels {
            let _ = tx.try_send(Err(never.clone()));
        }
    }
}

/// When it goes, all who have joined go on; those who wait on a channel for an answer that did not come, too.
struct Over<'a, V>(&'a Call<V>);

impl<V> Drop for Over<'_, V> {
    fn drop(&mut self) {
        self.0.over.0.close();
        if std::thread::panicking() {
            let _unanswered = std::mem::take(&mut self.0.state.lock().channels);
        }
    }
}

impl<V: Clone> Call<V> {
    fn new() -> Self {
        let state = State { joined: 0, channels: Vec::new(), outcome: None };
        Call { over: channel(0), state: Mutex::new(state) }
    }

    #[track_caller]
    fn wait(&self) -> (V, bool) {
        let _ = self.over.1.recv();
        let outcome = self.state.lock().outcome.clone();
        match outcome {
            Some(Ok(value)) => (value, true),
            Some(Err(FlightError::Panicked(text))) => panic!("{text}"),
            Some(Err(FlightError::Exited)) => gorge_sched::goexit(),
            None => panic!("single flight: cloning the value panicked"),
        }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Default for Flight<K, V> {
    fn default() -> Self {
        Flight::new()
    }
}

impl<K, V> Clone for Flight<K, V> {
    fn clone(&self) -> Self {
        Flight { calls: self.calls.clone() }
    }
}

impl<K, V> fmt::Debug for Flight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").field("calls", &self.calls.lock().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As when [`Flight::do_chan`] could not start its goroutine, after others have joined the call.
    #[test]
    fn who_waits_for_a_call_that_cannot_be_started_is_told() {
        gorge_sched::run(|| {
            let flight = Flight::<u32, ()>::new();
            let (tx, first) = channel(1);
            let call = Arc::new(Call::new());
            call.state.lock().channels.push(tx);
            flight.calls.lock().insert(1, call.clone());
            let unflown = Unflown { calls: flight.calls.clone(), key: Some(1), call: call.clone() };
            let joined = {
                let flight = flight.clone();
                gorge_sched::go(move || flight.do_(1, || unreachable!("somebody is about to")))
            };
            while call.state.lock().joined == 0 {
                gorge_sched::gosched();
            }
            let late = flight.do_chan(1, || unreachable!("somebody is about to"));
            drop(unflown);
            let text = "no goroutine could be started for it";
            assert_eq!(joined.join().unwrap_err().message(), Some(text));
            for channel in [first, late] {
                assert_eq!(channel.recv(), Ok(Err(FlightError::Panicked(text.to_owned()))));
            }
            assert_eq!(flight.do_(1, || ()), ((), false), "nothing is left behind");
        });
    }
}
