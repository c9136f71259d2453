//! First steps: goroutines, channels, select, waiting, time.

use super::program::{Program, Section};

mod after_func;
mod atomic_int;
mod broadcast;
mod channel_close;
mod convolve;
mod data_race;
mod deadlock_send;
mod deadlock_send_fixed;
mod generator;
mod hello_goroutine;
mod publish;
mod publish_wait;
mod quit_channel;
mod random_bits;
mod receive_forever;
mod select_default;
mod select_forever;
mod select_nil;
mod select_timeout;
mod select_two;
mod sharing_is_caring;
mod ticker;
mod timer_stop;
mod two_sends_one_receive;
mod wait_group;

const PROGRAMS: &[Program] = &[
    hello_goroutine::PROGRAM,
    publish::PROGRAM,
    channel_close::PROGRAM,
    publish_wait::PROGRAM,
    deadlock_send::PROGRAM,
    deadlock_send_fixed::PROGRAM,
    two_sends_one_receive::PROGRAM,
    receive_forever::PROGRAM,
    select_two::PROGRAM,
    select_nil::PROGRAM,
    select_default::PROGRAM,
    random_bits::PROGRAM,
    select_timeout::PROGRAM,
    select_forever::PROGRAM,
    data_race::PROGRAM,
    sharing_is_caring::PROGRAM,
    atomic_int::PROGRAM,
    wait_group::PROGRAM,
    broadcast::PROGRAM,
    quit_channel::PROGRAM,
    generator::PROGRAM,
    timer_stop::PROGRAM,
    ticker::PROGRAM,
    after_func::PROGRAM,
    convolve::PROGRAM,
];

pub(super) const SECTION: Section =
    Section { title: "First steps: goroutines, channels, select, time", programs: PROGRAMS };
