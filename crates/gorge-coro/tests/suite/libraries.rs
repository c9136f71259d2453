//! Libraries opened while goroutines exist: dynamic and static thread-locals.

use std::ffi::{CString, c_int, c_void};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::mini::{Folder, alone, go, run, yield_now};

/// Compiles a C source into a library of its own.
fn compile(dir: &Folder, name: &str, source: &str) -> PathBuf {
    let (c, so) = (dir.join(format!("{name}.c")), dir.join(format!("{name}.so")));
    std::fs::write(&c, source).unwrap();
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&so, &c])
        .status()
        .unwrap();
    assert!(status.success(), "cc failed");
    so
}

fn open(path: &std::path::Path) -> *mut c_void {
    let path = CString::new(path.to_str().unwrap()).unwrap();
    let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
    assert!(!handle.is_null());
    handle
}

fn function(handle: *mut c_void, name: &str) -> usize {
    let name = CString::new(name).unwrap();
    let f = unsafe { libc::dlsym(handle, name.as_ptr()) };
    assert!(!f.is_null());
    f as usize
}

/// The functions of an opened library, for everybody.
struct Api {
    get: AtomicUsize,
    set: AtomicUsize,
}

impl Api {
    fn look_up(&self, handle: *mut c_void) {
        self.set.store(function(handle, "set"), SeqCst);
        self.get.store(function(handle, "get"), SeqCst);
    }

    fn is_there(&self) -> bool {
        self.get.load(SeqCst) != 0
    }

    fn get(&self) -> c_int {
        unsafe { std::mem::transmute::<usize, extern "C" fn() -> c_int>(self.get.load(SeqCst))() }
    }

    fn set(&self, value: c_int) {
        unsafe { std::mem::transmute::<usize, extern "C" fn(c_int)>(self.set.load(SeqCst))(value) }
    }
}

/// Goroutines that are there before the library is, and some that come after it.
fn use_it(api: &'static Api, initial: c_int, path: PathBuf) {
    let user = move |i: c_int| {
        move || {
            while !api.is_there() {
                yield_now();
            }
            assert_eq!(api.get(), initial, "goroutine {i}");
            for k in 0..20 {
                api.set(i * 100 + k);
                yield_now();
                assert_eq!(api.get(), i * 100 + k);
            }
        }
    };
    for i in 0..100 {
        go(user(i));
    }
    go(move || {
        for _ in 0..20 {
            yield_now();
        }
        // The opener itself, too.
        api.look_up(open(&path));
        assert_eq!(api.get(), initial);
        api.set(-5);
        for i in 0..100 {
            go(user(1000 + i));
        }
        assert_eq!(api.get(), -5);
    });
    run(3);
    // On stacks that others have used before.
    for i in 0..200 {
        go(user(5000 + i));
    }
    run(3);
}

#[test]
fn dynamic_thread_locals() {
    static API: Api = Api { get: AtomicUsize::new(0), set: AtomicUsize::new(0) };
    let _alone = alone();
    crate::mini::setup();
    let dir = Folder::new("lib");
    let path = compile(
        &dir,
        "dynamic",
        "__thread int v = 1234; __thread char big[3000];
         int get(void) { return big[9] ? -1 : v; }
         void set(int x) { v = x; big[2999] = 1; }",
    );
    use_it(&API, 1234, path);
}

#[test]
fn static_thread_locals() {
    static API: Api = Api { get: AtomicUsize::new(0), set: AtomicUsize::new(0) };
    let _alone = alone();
    crate::mini::setup();
    let dir = Folder::new("lib");
    let path = compile(
        &dir,
        "static",
        "static int there = 7;
         #define IE __attribute__((tls_model(\"initial-exec\")))
         __thread int *p IE = &there; __thread int v IE = 4321; __thread int zero IE;
         int get(void) { return *p == 7 ? v + zero : -1; }
         void set(int x) { v = x; zero = 1; v -= 1; }",
    );
    use_it(&API, 4321, path);
}

#[test]
fn static_thread_locals_of_a_library_opened_by_a_plain_thread() {
    static API: Api = Api { get: AtomicUsize::new(0), set: AtomicUsize::new(0) };
    let _alone = alone();
    crate::mini::setup();
    let dir = Folder::new("lib");
    let path = compile(
        &dir,
        "plain",
        "__thread long v __attribute__((tls_model(\"initial-exec\"))) = 99;
         int get(void) { return v; } void set(int x) { v = x; }",
    );
    let ready = AtomicUsize::new(0);
    let ready: &'static AtomicUsize = Box::leak(Box::new(ready));
    for i in 0..50 {
        go(move || {
            ready.fetch_add(1, SeqCst);
            while !API.is_there() {
                yield_now();
            }
            assert_eq!(API.get(), 99);
            API.set(i);
            yield_now();
            assert_eq!(API.get(), i);
        });
    }
    let opener = std::thread::spawn(move || {
        while ready.load(SeqCst) < 50 {
            std::thread::yield_now();
        }
        API.look_up(open(&path));
        assert_eq!(API.get(), 99);
    });
    run(2);
    opener.join().unwrap();
}

#[test]
fn failures_to_open_have_a_message_each() {
    let _alone = alone();
    for i in 0..50 {
        go(move || unsafe {
            let name = CString::new(format!("/nonexistent/lib{i}.so")).unwrap();
            assert!(libc::dlopen(name.as_ptr(), libc::RTLD_NOW).is_null());
            yield_now();
            let text = std::ffi::CStr::from_ptr(libc::dlerror()).to_string_lossy();
            assert!(text.contains(&format!("lib{i}.so")), "{text}");
        });
    }
    run(2);
}
