//! A goroutine that has used up its stack ends the program with a message that says so.
//!
//! The guard below each stack makes the access fault; the handler runs on the OS
//! thread's alternate signal stack, and uses neither memory, locks it could wait
//! for, nor thread-locals of others. A fault that is not ours goes to whoever handled
//! it before.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::fiber::slots;
use crate::mode::hooks;
use crate::word::worker;

const SIGNALS: [libc::c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// Who handled the signals before us.
struct Before(std::cell::UnsafeCell<[libc::sigaction; 2]>);

// SAFETY: written once, before our handler is installed, and only read by it.
unsafe impl Sync for Before {}

// SAFETY: all zeroes is a valid `sigaction`: the default action.
static BEFORE: Before =
    Before(std::cell::UnsafeCell::new(unsafe { std::mem::MaybeUninit::zeroed().assume_init() }));

/// Prepares the calling thread, which is to carry goroutines: our handler is in place and
/// has a stack to run on.
pub(crate) fn watch_this_thread() {
    install();
    give_signal_stack();
}

/// Prepares the calling thread, which is to be a goroutine with a stack of `stack` bytes: the
/// handler will run on the given memory.
pub(crate) fn watch_goroutine_thread(memory: *mut c_void, bytes: usize, stack: usize) {
    install();
    // SAFETY: the caller's frame, which lives as long as the thread runs anything that
    // could overflow.
    unsafe {
        let mut new: libc::stack_t = std::mem::zeroed();
        new.ss_sp = memory;
        new.ss_size = bytes;
        libc::sigaltstack(&new, null_mut());
    }
    thread::note_bounds(stack);
}

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(install_now);
}

fn install_now() {
    for (i, &signal) in SIGNALS.iter().enumerate() {
        // SAFETY: installs a handler with the signature its flags promise. The old
        // action is stored before the new one can be called.
        unsafe {
            let before = &raw mut (*BEFORE.0.get())[i];
            libc::sigaction(signal, std::ptr::null(), before);
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&mut action.sa_mask);
            libc::sigaction(signal, &action, null_mut());
        }
    }
}

/// The standard library gives one to the threads it makes; other threads get one here.
fn give_signal_stack() {
    /// Takes the stack away when the thread ends.
    struct Own(*mut c_void);
    impl Drop for Own {
        fn drop(&mut self) {
            // SAFETY: disables the alternate stack, then unmaps it.
            unsafe {
                let mut off: libc::stack_t = std::mem::zeroed();
                off.ss_flags = libc::SS_DISABLE;
                libc::sigaltstack(&off, null_mut());
                libc::munmap(self.0, SIZE);
            }
        }
    }
    thread_local! {
        static OWN: std::cell::OnceCell<Own> = const { std::cell::OnceCell::new() };
    }
    const SIZE: usize = 64 << 10;
    // SAFETY: a new mapping becomes the alternate stack of a thread that has none.
    unsafe {
        let mut now: libc::stack_t = std::mem::zeroed();
        libc::sigaltstack(std::ptr::null(), &mut now);
        if now.ss_flags & libc::SS_DISABLE == 0 {
            return;
        }
        let p = libc::mmap(
            null_mut(),
            SIZE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANON,
            -1,
            0,
        );
        if p == libc::MAP_FAILED {
            return; // An overflow is then a plain crash.
        }
        now.ss_sp = p;
        now.ss_size = SIZE;
        now.ss_flags = 0;
        libc::sigaltstack(&now, null_mut());
        OWN.with(|own| own.set(Own(p)).ok());
    }
}

unsafe extern "C" fn handler(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    // SAFETY: the kernel passes valid pointers for a handler with SA_SIGINFO.
    unsafe {
        let address = (*info).si_addr() as usize;
        let overflowed = |at| slots::overflowed(at).or_else(|| thread::overflowed(at));
        let bytes = overflowed(address).or_else(|| {
            // No room for the frame of another signal's handler: the kernel tells no address.
            let no_room = (*info).si_code == SI_KERNEL && address == 0;
            let sp = stack_pointer(context)?;
            overflowed(if no_room { sp.wrapping_sub(SIGNAL_FRAME) } else { sp })
        });
        if let Some(bytes) = bytes {
            report(bytes);
        }
        pass_on(signal, info, context)
    }
}

const SI_KERNEL: libc::c_int = 0x80;
/// At most what the kernel writes for a handler, with all of the processor's state.
const SIGNAL_FRAME: usize = 16 << 10;

/// Where the interrupted code's stack pointer was, if that can be told.
unsafe fn stack_pointer(_context: *mut c_void) -> Option<usize> {
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    // SAFETY: the kernel passes a `ucontext_t`.
    unsafe {
        let context = &*_context.cast::<libc::ucontext_t>();
        Some(context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize)
    }
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
    None
}

/// Calls the handler that was there before, or dies of the signal.
unsafe fn pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the old action is called as its flags demand.
    unsafe {
        let i = SIGNALS.iter().position(|s| *s == signal).unwrap_or(0);
        let before = &(*BEFORE.0.get())[i];
        match before.sa_sigaction {
            libc::SIG_DFL | libc::SIG_IGN => {
                // The instruction faults again, without a handler.
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = libc::SIG_DFL;
                libc::sigaction(signal, &action, null_mut());
            }
            f if before.sa_flags & libc::SA_SIGINFO != 0 => {
                let f: unsafe extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut c_void) =
                    std::mem::transmute(f);
                f(signal, info, context)
            }
            f => {
                let f: unsafe extern "C" fn(libc::c_int) = std::mem::transmute(f);
                f(signal)
            }
        }
    }
}

/// Says what has happened and ends the process.
fn report(bytes: usize) -> ! {
    static FIRST: AtomicBool = AtomicBool::new(true);
    // SAFETY: pause, write and _exit may be called in a signal handler, and so may the
    // hook, by its contract.
    unsafe {
        if !FIRST.swap(false, Ordering::Relaxed) {
            loop {
                libc::pause(); // Another thread is about to end the process.
            }
        }
        let worker = worker();
        let id = match hooks() {
            Some(hooks) if !worker.is_null() => (hooks.goroutine_id)(worker),
            _ => 0,
        };
        let mut text = Text::new();
        text.str("fatal error: goroutine stack overflow\n\ngoroutine ");
        text.number(id);
        text.str(" has used up its stack of ");
        text.size(bytes);
        text.str(".\nMore stack for all goroutines: GORGE_STACK=");
        text.size(bytes.saturating_mul(4));
        text.str(" in the environment; for one: Builder::stack_size.\n");
        text.write();
        libc::_exit(2)
    }
}

/// A line of text without memory from anywhere.
struct Text {
    bytes: [u8; 320],
    len: usize,
}

impl Text {
    fn new() -> Text {
        Text { bytes: [0; 320], len: 0 }
    }

    fn str(&mut self, s: &str) {
        let n = s.len().min(self.bytes.len() - self.len);
        self.bytes[self.len..self.len + n].copy_from_slice(&s.as_bytes()[..n]);
        self.len += n;
    }

    fn number(&mut self, mut n: u64) {
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (n % 10) as u8;
            n /= 10;
            if n == 0 {
                break;
            }
        }
        self.str(std::str::from_utf8(&digits[at..]).unwrap_or("?"));
    }

    /// As `GORGE_STACK` takes it: `256K`.
    fn size(&mut self, bytes: usize) {
        let (n, unit) = match bytes {
            b if b >= 1 << 30 && b % (1 << 30) == 0 => (b >> 30, "G"),
            b if b >= 1 << 20 && b % (1 << 20) == 0 => (b >> 20, "M"),
            b if b % (1 << 10) == 0 => (b >> 10, "K"),
            b => (b, ""),
        };
        self.number(n as u64);
        self.str(unit);
    }

    fn write(&self) {
        // SAFETY: the bytes are there. What could be done if it failed?
        unsafe { libc::write(2, self.bytes.as_ptr().cast(), self.len) };
    }
}

/// The stacks of thread mode, whose guards are glibc's.
mod thread {
    use std::cell::Cell;

    thread_local! {
        /// Lowest address, guard size and size as asked for of the stack of a goroutine's
        /// thread. No destructor, no lazy initialisation: read in the handler.
        static BOUNDS: Cell<[usize; 3]> = const { Cell::new([0; 3]) };
    }

    /// Notes where the calling thread's stack is; it is a goroutine's.
    #[cfg(target_os = "linux")]
    pub(super) fn note_bounds(stack: usize) {
        // SAFETY: plain use of the pthread interface on the calling thread.
        unsafe {
            let mut attr: libc::pthread_attr_t = std::mem::zeroed();
            if libc::pthread_getattr_np(libc::pthread_self(), &mut attr) != 0 {
                return;
            }
            let (mut lowest, mut size, mut guard) = (std::ptr::null_mut(), 0, 0);
            libc::pthread_attr_getstack(&attr, &mut lowest, &mut size);
            libc::pthread_attr_getguardsize(&attr, &mut guard);
            libc::pthread_attr_destroy(&mut attr);
            BOUNDS.set([lowest as usize, guard, stack]);
        }
    }

    /// Elsewhere the standard library's own report must do.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn note_bounds(_: usize) {}

    /// The stack's size, if the address is in its guard, which some versions of glibc
    /// count as part of the stack.
    pub(super) fn overflowed(address: usize) -> Option<usize> {
        let [lowest, guard, stack] = BOUNDS.get();
        (lowest != 0 && (lowest - guard..lowest + guard).contains(&address)).then_some(stack)
    }
}
