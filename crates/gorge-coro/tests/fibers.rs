//! The suite in fiber mode.
#![cfg(gorge_fibers)]

mod mini;
mod suite;

mode_of_this_binary!("fibers");
