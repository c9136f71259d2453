//! A panic that nobody can join ends the program as in Go; one that somebody can, or that is
//! recovered, does not. Either way the panic hook speaks first, as everywhere in Rust.

mod ending;

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind, set_hook};
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Wake};

use ending::{Case, Ended};
use gorge::future::when;
use gorge::sync::{Condvar, Mutex};
use gorge::{channel, go, runtime};

fn main() -> ExitCode {
    ending::main(CASES)
}

/// Waits for ever for the end of the program.
fn wait() {
    let (_tx, rx) = channel::<u32>(0);
    let _ = rx.recv();
}

fn blow_up() {
    panic!("boom");
}

/// A program with the macro's `main`.
mod with_a_gorge_main {
    #[gorge::main]
    pub fn main() {
        super::blow_up();
    }
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("second");
    }
}

/// A task of another runtime that cannot be woken.
struct PanicsWhenWoken;

impl Wake for PanicsWhenWoken {
    fn wake(self: Arc<Self>) {
        panic!("not to be woken");
    }
}

/// Somebody waits for a mutex who panics when the mutex is handed to him: by one who is about to wait for a
/// condition, and must not be unwound in the midst of that.
fn wakes_who_panics() {
    let (mutex, changed) = (Mutex::new(()), Condvar::new());
    let mut guard = mutex.lock();
    let mut waiting = Box::pin(when(mutex.locking()));
    let waker = Arc::new(PanicsWhenWoken).into();
    assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let wait = AssertUnwindSafe(|| changed.wait(&mut guard));
    if catch_unwind(wait).is_err() {
        println!("unwound: {changed:?}, a guard each for two");
    }
}

struct UsesGorgeWhenDropped;

impl Drop for UsesGorgeWhenDropped {
    fn drop(&mut self) {
        assert_eq!(go(|| 42).join().unwrap(), 42);
    }
}

const CASES: &[Case] = &[
    Case {
        name: "of_a_waker_in_the_midst_of_something",
        program: || gorge::run(wakes_who_panics),
        check: |ended| {
            ended.dead();
            assert_eq!(ended.out, "");
            ended.says(&["not to be woken\n", "panic: not to be woken\n\ngoroutine 1 [running]:"]);
        },
    },
    Case {
        name: "unwinding_when_gorge_is_used_for_the_first_time",
        program: || {
            let caught = catch_unwind(|| {
                let _user = UsesGorgeWhenDropped;
                panic!("boom");
            });
            assert!(caught.is_err());
        },
        check: Ended::well,
    },
    Case {
        name: "of_a_detached_goroutine",
        program: || {
            gorge::run(|| {
                drop(go(blow_up));
                wait();
            })
        },
        check: |ended| {
            ended.dead();
            ended.says(&[
                "panicked at crates/gorge/tests/panic.rs:",
                "boom\n",
                "panic: boom\n\ngoroutine ",
                " [running]:\npanic::blow_up(...)\n\t",
                "tests/panic.rs:",
                "created in goroutine 1\n\t",
                "tests/panic.rs:",
            ]);
        },
    },
    #[cfg(target_os = "linux")]
    Case {
        name: "of_a_member_of_a_group_that_nobody_introduced",
        program: || {
            // The first call of the program, and not one of the facade's own.
            let group = gorge::sync::WaitGroup::new();
            group.go(blow_up);
            group.wait();
            loop {
                std::thread::park();
            }
        },
        check: |ended| {
            ended.dead();
            ended.says(&["panic: boom\n\ngoroutine ", " [running]:\npanic::blow_up(...)\n\t"]);
        },
    },
    Case {
        name: "of_the_main_goroutine",
        program: || {
            with_a_gorge_main::main();
        },
        check: |ended| {
            ended.dead();
            ended.says(&["panic: boom\n\ngoroutine 1 [running]:\npanic::blow_up(...)\n\t"]);
        },
    },
    Case {
        name: "found_when_the_handle_is_dropped",
        program: || {
            gorge::run(|| {
                let handle = go(blow_up);
                while !handle.is_finished() {
                    runtime::gosched();
                }
                drop(handle);
                unreachable!("dropping the handle ends the program");
            })
        },
        check: |ended| {
            ended.dead();
            ended.says(&["panic: boom\n\ngoroutine ", " [running]:\npanic::blow_up(...)\n\t"]);
        },
    },
    Case {
        name: "without_a_text",
        program: || {
            gorge::run(|| {
                drop(go(|| panic_any(7_u8)));
                wait();
            })
        },
        check: |ended| {
            ended.dead();
            ended.says(&["panic: Box<dyn Any>\n\ngoroutine ", " [running]:\npanic::"]);
        },
    },
    Case {
        name: "resumed",
        program: || {
            gorge::run(|| {
                drop(go(|| resume_unwind(catch_unwind(blow_up).unwrap_err())));
                wait();
            })
        },
        check: |ended| {
            ended.dead();
            // The stack is that of the panic, not of the resumption.
            ended.says(&["panic: boom\n\ngoroutine ", " [running]:\npanic::blow_up(...)\n\t"]);
        },
    },
    Case {
        name: "passed_on_by_a_join",
        program: || {
            gorge::run(|| {
                drop(go(|| go(blow_up).join().unwrap_or_else(|end| end.resume())));
                wait();
            })
        },
        check: passed_on,
    },
    Case {
        name: "passed_on_by_a_scope",
        program: || {
            gorge::run(|| {
                drop(go(|| gorge::scope(|s| _ = s.go(blow_up))));
                wait();
            })
        },
        check: passed_on,
    },
    Case {
        name: "passed_on_by_a_group",
        program: || {
            gorge::run(|| {
                drop(go(|| {
                    let group = gorge::group::Group::<()>::new();
                    group.go(|| {
                        blow_up();
                        Ok(())
                    });
                    let _ = group.wait();
                }));
                wait();
            })
        },
        check: passed_on,
    },
    Case {
        name: "of_one_whose_channel_was_dropped",
        program: || {
            use gorge::JoinChan;
            gorge::run(|| {
                let (now, later) = gorge::channel::<()>(0);
                let broken = move || {
                    let _ = later.recv();
                    blow_up();
                };
                drop(go(broken).join_chan());
                now.send(()).unwrap();
                wait();
            })
        },
        check: passed_on,
    },
    Case {
        name: "of_a_select_that_sends_on_a_closed_channel",
        program: || {
            gorge::run(|| {
                drop(go(|| {
                    let c = gorge::Chan::<i32>::new(0);
                    c.close();
                    gorge::select! { send(c, 1) -> _ => {} default => {} }
                }));
                wait();
            })
        },
        check: |ended| {
            ended.dead();
            ended.says(&["panicked at crates/gorge/tests/panic.rs:", "send on closed channel"]);
        },
    },
    Case {
        name: "of_a_select_whose_channel_is_closed_meanwhile",
        program: || {
            gorge::run(|| {
                let (c, never) = (gorge::Chan::<i32>::new(0), gorge::Chan::<i32>::new(0));
                let theirs = c.clone();
                drop(go(move || {
                    gorge::select! { send(theirs, 1) -> _ => {} recv(never) -> _ => {} }
                }));
                for _ in 0..100 {
                    runtime::gosched();
                }
                c.close();
                wait();
            })
        },
        check: |ended| {
            ended.dead();
            ended.says(&["panicked at crates/gorge/tests/panic.rs:", "send on closed channel"]);
        },
    },
    Case {
        name: "after_another_was_recovered",
        program: || {
            gorge::run(|| {
                drop(go(|| {
                    let _ = catch_unwind(blow_up);
                    resume_unwind(Box::new("without a hook"));
                }));
                wait();
            })
        },
        check: |ended| {
            ended.dead();
            ended.says(&["panic: without a hook\n\ngoroutine ", " [running]:\ncreated by "]);
            assert!(!ended.err.contains("blow_up"), "{ended}");
        },
    },
    Case {
        name: "that_is_joined",
        program: || {
            gorge::run(|| {
                let error = go(blow_up).join().unwrap_err();
                assert!(error.to_string().contains("boom"), "{error}");
            })
        },
        check: printed_once_and_alive,
    },
    Case {
        name: "that_is_recovered",
        program: || {
            gorge::run(|| {
                go(|| assert!(catch_unwind(blow_up).is_err())).join().unwrap();
            })
        },
        check: printed_once_and_alive,
    },
    Case {
        name: "in_a_destructor_while_another_unwinds",
        program: || {
            gorge::run(|| {
                drop(go(|| {
                    let _guard = PanicsWhenDropped;
                    panic!("first");
                }));
                wait();
            })
        },
        check: |ended| {
            // It aborts, as on a thread: no exit status.
            assert_eq!(ended.status, None, "{ended}");
            ended.says(&["first\n", "second\n", "panic in a destructor during cleanup"]);
        },
    },
    Case {
        name: "with_a_hook_of_the_programs_own",
        program: || {
            set_hook(Box::new(|info| {
                let line = info.location().map_or(0, |at| at.line());
                println!("the hook saw a panic in line {line}");
            }));
            gorge::run(|| {
                let _ = go(blow_up).join();
                drop(go(blow_up));
                wait();
            })
        },
        check: |ended| {
            ended.dead();
            assert_eq!(ended.out.matches("the hook saw a panic in line ").count(), 2, "{ended}");
            ended.says(&["panic: boom\n\ngoroutine ", "panic::blow_up(...)\n\t"]);
        },
    },
    Case {
        name: "with_a_hook_set_later",
        program: || {
            gorge::run(|| {
                set_hook(Box::new(|_| println!("the hook")));
                drop(go(blow_up));
                wait();
            })
        },
        check: |ended| {
            ended.dead();
            assert_eq!(ended.out, "the hook\n", "{ended}");
            ended.says(&["panic: boom\n\ngoroutine ", " [running]:\n"]);
        },
    },
    Case {
        name: "on_a_plain_thread_is_as_always",
        program: || {
            gorge::run(|| {
                assert!(std::thread::spawn(blow_up).join().is_err());
            })
        },
        check: printed_once_and_alive,
    },
];

/// The stack is that of the goroutine in which the panic began; the one that died of it follows.
fn passed_on(ended: &Ended) {
    ended.dead();
    ended.says(&["panic: boom\n\ngoroutine ", " [running]:\npanic::blow_up(...)\n\t"]);
    assert_eq!(ended.err.matches(" [running]:\n").count(), 2, "{ended}");
}

fn printed_once_and_alive(ended: &Ended) {
    ended.well();
    assert_eq!(ended.err.matches("panicked at crates/gorge/tests/panic.rs:").count(), 1, "{ended}");
}
