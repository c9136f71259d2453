//! A guide: the channel table, select, patterns that cancel.

use super::program::{Program, Section};

mod bridge;
mod cancellation;
mod chan_owner;
mod channel_table;
mod cond_broadcast;
mod confinement_ad_hoc;
mod confinement_lexical;
mod context_greetings;
mod context_request;
mod counter_mutex;
mod deadlock_mutex;
mod error_handling;
mod fan_out_fan_in;
mod greetings_waitgroup;
mod heartbeat_interval;
mod heartbeat_per_unit;
mod livelock;
mod once;
mod or_channel;
mod or_done;
mod pipeline;
mod pool_calculators;
mod queuing;
mod race_condition;
mod replicated_requests;
mod rwlock_table;
mod scheduler;
mod select_default_again;
mod select_exit_loop;
mod select_fair;
mod select_timed_out;
mod select_unblocked;
mod starvation;
mod tee;

const PROGRAMS: &[Program] = &[
    race_condition::PROGRAM,
    greetings_waitgroup::PROGRAM,
    counter_mutex::PROGRAM,
    rwlock_table::PROGRAM,
    cond_broadcast::PROGRAM,
    once::PROGRAM,
    pool_calculators::PROGRAM,
    deadlock_mutex::PROGRAM,
    livelock::PROGRAM,
    starvation::PROGRAM,
    channel_table::PROGRAM,
    chan_owner::PROGRAM,
    select_unblocked::PROGRAM,
    select_fair::PROGRAM,
    select_timed_out::PROGRAM,
    select_default_again::PROGRAM,
    select_exit_loop::PROGRAM,
    confinement_ad_hoc::PROGRAM,
    confinement_lexical::PROGRAM,
    cancellation::PROGRAM,
    error_handling::PROGRAM,
    or_channel::PROGRAM,
    pipeline::PROGRAM,
    fan_out_fan_in::PROGRAM,
    or_done::PROGRAM,
    tee::PROGRAM,
    bridge::PROGRAM,
    queuing::PROGRAM,
    context_request::PROGRAM,
    context_greetings::PROGRAM,
    heartbeat_interval::PROGRAM,
    heartbeat_per_unit::PROGRAM,
    replicated_requests::PROGRAM,
    scheduler::PROGRAM,
];

pub(super) const SECTION: Section = Section {
    title: "A guide: the channel table, select, patterns that cancel",
    programs: PROGRAMS,
};
