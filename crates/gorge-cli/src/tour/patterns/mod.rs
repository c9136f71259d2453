//! Patterns: results, pipes, games, pools.

use super::program::{Program, Section};

mod atomic_gosched;
mod fibonacci_range;
mod fire_and_forget;
mod gosched;
mod mirrored_query;
mod mutex_gosched;
mod pipe;
mod print_count;
mod resource_pool;
mod runner;
mod runtime_calls;
mod select_quit;
mod select_timeout_loop;
mod sum_over_channel;
mod synchronized_map;
mod task_workers;
mod tennis;
mod work_pool;

const PROGRAMS: &[Program] = &[
    gosched::PROGRAM,
    fire_and_forget::PROGRAM,
    atomic_gosched::PROGRAM,
    mutex_gosched::PROGRAM,
    sum_over_channel::PROGRAM,
    pipe::PROGRAM,
    tennis::PROGRAM,
    task_workers::PROGRAM,
    runner::PROGRAM,
    mirrored_query::PROGRAM,
    fibonacci_range::PROGRAM,
    work_pool::PROGRAM,
    resource_pool::PROGRAM,
    synchronized_map::PROGRAM,
    select_quit::PROGRAM,
    select_timeout_loop::PROGRAM,
    runtime_calls::PROGRAM,
    print_count::PROGRAM,
];

pub(super) const SECTION: Section =
    Section { title: "Patterns: results, pipes, games, pools", programs: PROGRAMS };
