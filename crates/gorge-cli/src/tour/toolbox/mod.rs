//! The toolbox: processors, wait groups, directions, queues, pools.

use super::program::{Program, Section};

mod atomic_counter;
mod buffered_queue;
mod channel_read_write;
mod close_nil;
mod closed_channel_zero;
mod closured_variables;
mod create_files;
mod directions;
mod goroutine_args;
mod many_goroutines;
mod many_with_wait;
mod maxprocs;
mod monitor_goroutine;
mod printer_fixed;
mod select_gen;
mod signal_order;
mod timeout_inside;
mod timeout_outside;
mod waitgroup_too_few_done;
mod waitgroup_too_many_done;
mod worker_pool;

const PROGRAMS: &[Program] = &[
    maxprocs::PROGRAM,
    goroutine_args::PROGRAM,
    many_goroutines::PROGRAM,
    many_with_wait::PROGRAM,
    waitgroup_too_many_done::PROGRAM,
    waitgroup_too_few_done::PROGRAM,
    create_files::PROGRAM,
    channel_read_write::PROGRAM,
    printer_fixed::PROGRAM,
    closed_channel_zero::PROGRAM,
    directions::PROGRAM,
    select_gen::PROGRAM,
    timeout_inside::PROGRAM,
    timeout_outside::PROGRAM,
    close_nil::PROGRAM,
    buffered_queue::PROGRAM,
    worker_pool::PROGRAM,
    signal_order::PROGRAM,
    atomic_counter::PROGRAM,
    monitor_goroutine::PROGRAM,
    closured_variables::PROGRAM,
];

pub(super) const SECTION: Section =
    Section { title: "The toolbox: wait groups, directions, queues, pools", programs: PROGRAMS };
