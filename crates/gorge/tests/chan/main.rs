//! Channels as their users see them, from goroutines and from plain threads.

#[path = "../waiting/mod.rs"]
mod waiting;

mod close;
mod drops;
mod handles;
mod order;
mod pass;
mod table;
mod timed;
