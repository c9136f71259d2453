//! The ways a program ends because of what a goroutine did.

use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use gorge_coro::{Mode, default_stack_size, mode};

use crate::mini::{go, go_sized, hop, in_child, run, setup, yield_now};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The name of a test of this file, as the harness knows it.
macro_rules! here {
    ($name:ident) => {{
        let path = concat!(module_path!(), "::", stringify!($name));
        path.split_once("::").unwrap().1
    }};
}

#[inline(never)]
fn recurse(n: u64) -> u64 {
    let frame = std::hint::black_box([n; 50]);
    if n == u64::MAX {
        return 0;
    }
    recurse(n + 1) + frame[7]
}

fn assert_overflow_reported(output: &Output, size: &str) {
    let text = said(output);
    assert_eq!(output.status.code(), Some(2), "{:?} {text}", output.status);
    assert!(text.contains("goroutine stack overflow"), "{text}");
    assert!(text.contains("goroutine 3 "), "{text}");
    assert!(text.contains(size), "{text}");
    assert!(text.contains("GORGE_STACK="), "{text}");
    assert!(text.contains("Builder::stack_size"), "{text}");
}

#[test]
fn overflow_is_reported() {
    let output = in_child(here!(overflow_is_reported), || {
        for _ in 0..2 {
            go(|| (0..100).for_each(|_| yield_now()));
        }
        go(|| {
            hop();
            println!("{}", recurse(0));
        });
        run(2);
    });
    let size = format!(" its stack of {}K.", default_stack_size() >> 10);
    assert_overflow_reported(&output, &size);
}

#[test]
fn overflow_of_a_small_stack_is_reported() {
    let output = in_child(here!(overflow_of_a_small_stack_is_reported), || {
        go(yield_now);
        go(yield_now);
        go_sized(60 << 10, || println!("{}", recurse(0)));
        run(2);
    });
    // Sizes are rounded up to a power of two where stacks are kept for the next one.
    let size = if setup() == Mode::Fiber { " 64K." } else { " 60K." };
    assert_overflow_reported(&output, size);
}

#[test]
fn overflow_in_frames_without_probes_is_reported() {
    let output = in_child(here!(overflow_in_frames_without_probes_is_reported), || {
        go(yield_now);
        go(yield_now);
        go(|| unsafe {
            /// As C does it without stack-clash protection: takes 20 KB of stack and touches
            /// only the lowest word of it.
            #[unsafe(naked)]
            unsafe extern "C" fn deep() {
                std::arch::naked_asm!("2:", "sub rsp, 20480", "mov qword ptr [rsp], 1", "jmp 2b")
            }
            deep();
        });
        run(1);
    });
    assert_overflow_reported(&output, "its stack of ");
}

#[test]
fn no_room_for_a_signal_is_an_overflow() {
    let output = in_child(here!(no_room_for_a_signal_is_an_overflow), || {
        unsafe extern "C" fn handler(_: i32) {}
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as *const () as usize;
            libc::sigaction(libc::SIGUSR1, &action, std::ptr::null_mut());
        }
        go(yield_now);
        go(yield_now);
        go(|| {
            #[inline(never)]
            fn fill(n: u64) {
                unsafe { libc::raise(libc::SIGUSR1) };
                let frame = std::hint::black_box([1u8; 200]);
                if n > 0 {
                    fill(n - 1);
                }
                std::hint::black_box(frame);
            }
            fill(u64::MAX);
        });
        run(1);
    });
    assert_overflow_reported(&output, "its stack of ");
}

#[test]
fn a_fault_that_is_no_overflow_stays_a_fault() {
    let output = in_child(here!(a_fault_that_is_no_overflow_stays_a_fault), || {
        go(|| unsafe {
            let p = std::hint::black_box(std::ptr::without_provenance::<u64>(8));
            println!("{}", p.read_volatile());
        });
        run(1);
    });
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{}", said(&output));
    assert!(!said(&output).contains("overflow"), "{}", said(&output));
}

#[test]
fn a_handler_installed_before_is_called_for_other_faults() {
    unsafe extern "C" fn before(_: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        let at = unsafe { (*info).si_addr() } as usize;
        unsafe { libc::_exit(if at == 16 { 33 } else { 34 }) };
    }
    let name = here!(a_handler_installed_before_is_called_for_other_faults);
    let output = in_child(name, || {
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = before as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO;
            libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut());
        }
        go(|| unsafe {
            let p = std::hint::black_box(std::ptr::without_provenance::<u64>(16));
            println!("{}", p.read_volatile());
        });
        run(1);
    });
    assert_eq!(output.status.code(), Some(33), "{}", said(&output));
}

#[test]
#[cfg(gorge_fibers)]
fn pthread_exit_is_refused() {
    let output = in_child(here!(pthread_exit_is_refused), || {
        go(|| unsafe {
            hop();
            libc::pthread_exit(std::ptr::null_mut())
        });
        run(2);
    });
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    let text = said(&output);
    assert!(text.contains("fatal error: pthread_exit in a goroutine"), "{text}");
    assert!(text.contains("goexit"), "{text}");
}

#[test]
#[cfg(gorge_fibers)]
fn pthread_exit_of_plain_threads_works() {
    extern "C" fn main(_: *mut libc::c_void) -> *mut libc::c_void {
        unsafe { libc::pthread_exit(7 as *mut _) }
    }
    setup();
    unsafe {
        let mut t = 0;
        assert_eq!(libc::pthread_create(&mut t, std::ptr::null(), main, std::ptr::null_mut()), 0);
        let mut value = std::ptr::null_mut();
        assert_eq!(libc::pthread_join(t, &mut value), 0);
        assert_eq!(value as usize, 7);
    }
}

#[test]
fn a_panic_in_a_destructor_of_a_thread_local_aborts() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    thread_local!(static BOMB: std::cell::RefCell<Option<Bomb>> = const { std::cell::RefCell::new(None) });
    let output = in_child(here!(a_panic_in_a_destructor_of_a_thread_local_aborts), || {
        go(|| BOMB.set(Some(Bomb)));
        run(1);
    });
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    let text = said(&output);
    assert!(
        text.contains("in a destructor") && text.contains("thread local panicked on drop"),
        "{text}"
    );
    let _ = mode();
}
