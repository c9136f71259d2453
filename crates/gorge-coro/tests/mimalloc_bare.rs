//! A per-thread allocator that is not wrapped is warned about, once.
#![cfg(gorge_fibers)]
#![allow(clippy::undocumented_unsafe_blocks)] // Tests of an unsafe interface.

mod mini;

use mimalloc::MiMalloc;
use mini::{go, in_child, run, setup};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

mode_of_this_binary!("fibers");

fn warnings(output: &std::process::Output) -> usize {
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    text.matches("gorge: warning: the allocator keeps a heap for each thread").count()
}

#[test]
fn a_warning_is_given_once() {
    let output = in_child("a_warning_is_given_once", || {
        setup();
        go(|| drop(vec![1; 100]));
        run(1);
        std::process::exit(0);
    });
    assert_eq!(warnings(&output), 1);
}

#[test]
fn the_warning_can_be_silenced() {
    let output = in_child("the_warning_can_be_silenced", || {
        unsafe { std::env::set_var("GORGE_ALLOC_WARNING", "off") };
        setup();
        std::process::exit(0);
    });
    assert_eq!(warnings(&output), 0);
}
