//! glibc's malloc needs no wrapper, and nobody is warned.
#![cfg(gorge_fibers)]
#![allow(clippy::undocumented_unsafe_blocks)] // Tests of an unsafe interface.

mod mini;

use mini::{in_child, setup};

mode_of_this_binary!("fibers");

#[test]
fn no_warning_is_given() {
    let output = in_child("no_warning_is_given", || {
        setup();
        std::process::exit(0);
    });
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !text.contains("warning"), "{text}");
}
