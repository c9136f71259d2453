//! Files, processes, signals, identities: what goes through the kernel and glibc.

use std::io::{Read, Write};
use std::net::ToSocketAddrs;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gorge_coro::{Mode, mode};

use crate::mini::{Folder, alone, go, go_sized, hop, run, yield_now};

#[test]
fn files() {
    let _alone = alone();
    let dir = Folder::new("files");
    for i in 0..30 {
        let path = dir.join(i.to_string());
        go(move || {
            let text = format!("{i}").repeat(100);
            let mut f = std::fs::File::create(&path).unwrap();
            f.write_all(&text.as_bytes()[..50]).unwrap();
            hop();
            f.write_all(&text.as_bytes()[50..]).unwrap();
            drop(f);
            yield_now();
            let mut back = String::new();
            std::fs::File::open(&path).unwrap().read_to_string(&mut back).unwrap();
            assert_eq!(back, text);
            let e = std::fs::read("/nonexistent/file").unwrap_err();
            assert_eq!(e.raw_os_error(), Some(libc::ENOENT));
        });
    }
    run(3);
}

#[test]
fn processes_by_spawn_and_by_fork() {
    let _alone = alone();
    for i in 0..10 {
        go(move || {
            let out = Command::new("echo").arg(i.to_string()).output().unwrap();
            assert_eq!(out.stdout, format!("{i}\n").as_bytes());
            hop();
            // With a pre_exec closure std forks: the child runs Rust in the copy of the
            // goroutine until it executes the program.
            let mut command = Command::new("echo");
            command.arg("forked");
            unsafe {
                command.pre_exec(|| {
                    let text = format!("{}", 123 + 1);
                    assert_eq!(text, "124");
                    Ok(())
                })
            };
            assert_eq!(command.output().unwrap().stdout, b"forked\n");
        });
    }
    run(3);
}

#[test]
fn a_forked_child_may_go_on_until_it_exits() {
    let _alone = alone();
    for _ in 0..5 {
        go(|| unsafe {
            hop();
            let child = libc::fork();
            assert!(child >= 0);
            if child == 0 {
                // One goroutine in a copy of the process: no other thread is there.
                let v: Vec<u32> = (0..1000).collect();
                let ok = v.iter().sum::<u32>() == 499_500
                    && std::thread::current().id() == std::thread::current().id()
                    && libc::getpid() == libc::syscall(libc::SYS_gettid) as i32;
                libc::_exit(if ok { 17 } else { 1 });
            }
            yield_now();
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 17, "{status:#x}");
        });
    }
    run(2);
}

#[test]
fn names_are_looked_up() {
    let _alone = alone();
    for _ in 0..5 {
        // glibc's resolver wants more than the least stack.
        go_sized(256 << 10, || {
            let found: Vec<_> = ("localhost", 80).to_socket_addrs().unwrap().collect();
            assert!(!found.is_empty());
            hop();
            assert!(("no-such-host.invalid", 80).to_socket_addrs().is_err());
        });
    }
    run(2);
}

#[test]
fn threads_are_spawned_and_joined() {
    let _alone = alone();
    for i in 0..20 {
        go(move || {
            let me = std::thread::current().id();
            let handle = std::thread::spawn(move || (i * 2, std::thread::current().id()));
            hop();
            let (n, other) = handle.join().unwrap();
            assert_eq!(n, i * 2);
            assert_ne!(other, me);
            let mut local = 1;
            std::thread::scope(|s| {
                s.spawn(|| local += 1);
            });
            assert_eq!(local, 2);
        });
    }
    run(3);
}

#[test]
fn identities_are_changed_in_all_threads() {
    let _alone = alone();
    let busy = Arc::new(AtomicUsize::new(0));
    for i in 0..6 {
        let busy = busy.clone();
        go(move || {
            let start = Instant::now();
            if i % 3 == 0 {
                for _ in 0..20 {
                    // glibc signals every thread and waits for all of them.
                    let (uid, gid) = unsafe { (libc::getuid(), libc::getgid()) };
                    assert_eq!(unsafe { libc::setgid(gid) }, 0);
                    assert_eq!(unsafe { libc::setuid(uid) }, 0);
                    hop();
                }
                busy.fetch_add(1, SeqCst);
            } else {
                while busy.load(SeqCst) < 2 && start.elapsed() < Duration::from_secs(60) {
                    std::hint::black_box(0);
                    if i == 1 {
                        yield_now();
                    }
                }
            }
        });
    }
    // From a plain thread as well.
    let plain = std::thread::spawn(|| {
        for _ in 0..20 {
            assert_eq!(unsafe { libc::setuid(libc::getuid()) }, 0);
        }
    });
    // One worker for each: two goroutines never yield.
    run(6);
    plain.join().unwrap();
    assert_eq!(busy.load(SeqCst), 2);
}

#[test]
fn signals_arrive_under_load() {
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    static WRONG: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "C" fn handler(_: libc::c_int) {
        // A handler may look at errno and must leave it as it was.
        let errno = unsafe { libc::__errno_location() };
        let before = unsafe { *errno };
        unsafe { *errno = 999 };
        if gorge_coro::worker().is_null() {
            WRONG.fetch_add(1, SeqCst);
        }
        unsafe { *errno = before };
        SEEN.fetch_add(1, SeqCst);
    }
    let _alone = alone();
    let mut old: libc::sigaction = unsafe { std::mem::zeroed() };
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGUSR1, &action, &mut old);
    }
    let stop = Arc::new(AtomicBool::new(false));
    for i in 0..8 {
        let stop = stop.clone();
        go(move || {
            let mut n = 0;
            while !stop.load(SeqCst) {
                unsafe { *libc::__errno_location() = i };
                if n % 100 == 0 {
                    unsafe { libc::raise(libc::SIGUSR1) };
                }
                yield_now();
                assert_eq!(unsafe { *libc::__errno_location() }, i);
                n += 1;
                if SEEN.load(SeqCst) > 2000 {
                    stop.store(true, SeqCst);
                }
            }
        });
    }
    run(3);
    unsafe { libc::sigaction(libc::SIGUSR1, &old, std::ptr::null_mut()) };
    assert!(SEEN.load(SeqCst) > 2000);
    assert_eq!(WRONG.load(SeqCst), 0, "raise() reaches the goroutine that raises");
}

#[test]
fn a_goroutine_knows_its_stack_and_processor() {
    unsafe extern "C" {
        fn sched_getcpu() -> libc::c_int;
    }
    let _alone = alone();
    for _ in 0..10 {
        go(|| unsafe {
            let here = 0u8;
            let here = &raw const here as usize;
            let mut attr: libc::pthread_attr_t = std::mem::zeroed();
            assert_eq!(libc::pthread_getattr_np(libc::pthread_self(), &mut attr), 0);
            let (mut low, mut size) = (std::ptr::null_mut(), 0);
            libc::pthread_attr_getstack(&attr, &mut low, &mut size);
            libc::pthread_attr_destroy(&mut attr);
            let stack = low as usize..low as usize + size;
            assert!(stack.contains(&here), "{here:#x} in {stack:x?}");
            let all = (*crate::mini::current()).ctx.stack_bounds();
            assert!(mode() == Mode::Thread || all.contains(&here) && all.len() <= size);
            hop();
            let online = std::thread::available_parallelism().unwrap().get();
            assert!((0..online.max(1024) as i32).contains(&sched_getcpu()));
        });
    }
    run(2);
}
