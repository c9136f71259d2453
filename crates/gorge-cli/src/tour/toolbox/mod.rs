//! The toolbox: processors, wait groups, directions, queues, pools.

use super::program::{Program, Section};

mod atomic_counter;
mod buffered_queue;
mod channel_read_write;
mod close_nil;
mod closed_channel_zero;
mod closured_variables;
mod context_cancel;
mod context_deadline;
mod context_timeout;
mod context_values;
mod create_files;
mod directions;
mod forgotten_unlock;
mod goroutine_args;
mod many_goroutines;
mod many_with_wait;
mod maxprocs;
mod monitor_goroutine;
mod mutex_critical_section;
mod nil_channel_sum;
mod printer_fixed;
mod printer_race;
mod rwlock_password;
mod select_gen;
mod signal_order;
mod timeout_inside;
mod timeout_outside;
mod waitgroup_too_few_done;
mod waitgroup_too_many_done;
mod wc;
mod weighted_semaphore;
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
    printer_race::PROGRAM,
    printer_fixed::PROGRAM,
    closed_channel_zero::PROGRAM,
    directions::PROGRAM,
    select_gen::PROGRAM,
    timeout_inside::PROGRAM,
    timeout_outside::PROGRAM,
    close_nil::PROGRAM,
    buffered_queue::PROGRAM,
    nil_channel_sum::PROGRAM,
    worker_pool::PROGRAM,
    signal_order::PROGRAM,
    mutex_critical_section::PROGRAM,
    forgotten_unlock::PROGRAM,
    rwlock_password::PROGRAM,
    atomic_counter::PROGRAM,
    monitor_goroutine::PROGRAM,
    closured_variables::PROGRAM,
    context_cancel::PROGRAM,
    context_timeout::PROGRAM,
    context_deadline::PROGRAM,
    context_values::PROGRAM,
    weighted_semaphore::PROGRAM,
    wc::PROGRAM,
];

pub(super) const SECTION: Section =
    Section { title: "The toolbox: wait groups, directions, queues, pools", programs: PROGRAMS };
