//! Entering Gorge: `go`, `run`, `scope`. Each makes sure that reports can be
//! printed before the first goroutine runs.

use gorge_sched::{Goroutine, Scope, SpawnError};

/// Starts a goroutine that runs `f`.
///
/// The goroutine is a thread to all code in it: thread-locals are its own,
/// guards may be held while it waits, values that are not `Send` stay with it
/// although it moves between OS threads. It may block the OS thread or compute
/// as long as it likes; the others go on.
///
/// Dropping the handle detaches the goroutine.
///
/// # Panics
/// When the system has no more memory or threads for goroutines; the text names
/// the limit and what to raise. [`Builder::go`] gives an error instead.
///
/// # Examples
/// ```
/// let answer = gorge::go(|| 6 * 7);
/// assert_eq!(answer.join().unwrap(), 42);
/// ```
///
/// What must not happen does not compile:
/// ```compile_fail
/// let shared = std::rc::Rc::new(1);
/// gorge::go(move || println!("{shared}"));
/// ```
#[inline]
#[track_caller]
pub fn go<F, T>(f: F) -> Goroutine<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    prepare();
    gorge_sched::go(f)
}

/// What a goroutine shall be like, before it is started.
///
/// # Examples
/// ```
/// let deep = gorge::Builder::new().name("deep").stack_size(8 << 20);
/// assert_eq!(deep.go(|| 1).unwrap().join().unwrap(), 1);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Builder(gorge_sched::Builder);

impl Builder {
    /// An ordinary goroutine.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Its name, for dumps.
    pub fn name(self, name: impl Into<String>) -> Builder {
        Builder(self.0.name(name))
    }

    /// How many bytes of address space its stack has (memory is used only for
    /// pages that are touched). The default is 128 KiB (256 KiB in a debug build), or
    /// `GORGE_STACK`.
    pub fn stack_size(self, bytes: usize) -> Builder {
        Builder(self.0.stack_size(bytes))
    }

    /// Starts it.
    ///
    /// # Errors
    /// When the system has no more memory or threads for goroutines; the error
    /// names the limit and what to raise.
    #[track_caller]
    pub fn go<F, T>(self, f: F) -> Result<Goroutine<T>, SpawnError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        prepare();
        self.0.go(f)
    }
}

/// Runs `f` as a goroutine and gives its value: how a plain thread (that of
/// `main`, a test) enters Gorge. The first one in a program is goroutine 1.
///
/// Other goroutines are not waited for. In a goroutine `f` is simply called.
///
/// # Blocking
/// The calling thread, until `f` has returned.
///
/// # Panics
/// With the panic of `f`.
///
/// # Examples
/// ```
/// let n = gorge::run(|| gorge::go(|| 20).join().unwrap() + 1);
/// assert_eq!(n, 21);
/// ```
#[track_caller]
pub fn run<F, T>(f: F) -> T
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    prepare();
    gorge_sched::run(f)
}

/// As [`run`], for `#[gorge::main]`: a panic ends the program as in Go.
#[track_caller]
pub fn run_main<F, T>(f: F) -> T
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    prepare();
    gorge_sched::run_main(f)
}

/// Runs `f`, which may start goroutines that borrow from the caller's stack,
/// and waits for all of them, also when `f` panics or exits.
///
/// # Blocking
/// Until every goroutine of the scope has ended. A dump says `[scope]`.
///
/// # Panics
/// With the first panic of a goroutine that was not joined.
///
/// # Examples
/// ```
/// let words = ["a", "bc", "def"];
/// let mut lengths = [0; 3];
/// gorge::scope(|s| {
///     for (word, length) in words.iter().zip(&mut lengths) {
///         s.go(move || *length = word.len());
///     }
/// });
/// assert_eq!(lengths, [1, 2, 3]);
/// ```
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    prepare();
    gorge_sched::scope(f)
}

/// On a plain thread: makes sure that somebody prints reports, and that the detectors asked for
/// are on. In a goroutine
/// that has happened.
#[inline(always)]
fn prepare() {
    if !gorge_sched::in_goroutine() {
        gorge_check::install();
    }
}

/// Has [`prepare`]'s work done also when something else starts the runtime, as `WaitGroup::go` does as
/// the first call of a program: the loader runs this before `main`, and it does no more than leave an
/// address. Elsewhere such a program's reports are plainer.
#[cfg(target_os = "linux")]
#[used]
// SAFETY: the loader calls what lies there as functions of C, with arguments that may be ignored.
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = {
    extern "C" fn before_main() {
        gorge_sched::report::before_start(gorge_check::install);
    }
    before_main
};
