//! The suite in thread mode.
#![cfg(target_os = "linux")]

mod mini;
mod suite;

mode_of_this_binary!("threads");
