//! Tests of everything but the figures.

mod arguments;
mod child;
mod measure;
mod report;
mod session;
