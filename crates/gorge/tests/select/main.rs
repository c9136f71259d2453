//! Select as its users see it: the macro, the run-time form, what can be selected over.

#[path = "../waiting/mod.rs"]
mod waiting;

mod arms;
mod bodies;
mod both_sides;
mod fair;
mod foreign;
mod list;
mod timed;
