//! Go's own tests of channels and select, re-expressed: one file for each
//! original, whose address stands on top.

#[path = "../waiting/mod.rs"]
mod waiting;

mod chan_test;
mod doubleselect;
mod fifo;
mod goroutines;
mod nonblock;
mod powser;
mod select2;
mod select3;
mod select5;
mod select6;
mod select7;
mod select8;
mod sieve;
mod zerosize;
