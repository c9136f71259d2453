//! In the kitchen: work at once, merged, acknowledged.

use super::program::{Program, Section};

mod acknowledge;
mod buffered_two;
mod cakes;
mod cakes_loop;
mod cakes_range;
mod hundred_thousand;
mod main_short_slow;
mod parallel_sum;
mod two_flavours;
mod two_flavours_select;

const PROGRAMS: &[Program] = &[
    main_short_slow::PROGRAM,
    cakes::PROGRAM,
    cakes_loop::PROGRAM,
    cakes_range::PROGRAM,
    two_flavours::PROGRAM,
    two_flavours_select::PROGRAM,
    acknowledge::PROGRAM,
    parallel_sum::PROGRAM,
    buffered_two::PROGRAM,
    hundred_thousand::PROGRAM,
];

pub(super) const SECTION: Section =
    Section { title: "In the kitchen: many at once, merged and acknowledged", programs: PROGRAMS };
