//! The classic bugs of concurrent programs, each with its mended twin.
//!
//! Each module is one kind of bug: `run(false)` has it, `run(true)` is the same
//! program without. The bug must be found, told in the right words, and seen again
//! from its printed schedule; at the twin the explorer must stay silent. Many are re-told from what
//! happened in well-known Go projects; the modules say where.

use gorge::testing::explore;

/// So many schedules the twins must stand.
const SCHEDULES: u64 = 1500;

/// The planted bug is found, whatever is tried, and found again.
fn found(what: &str, program: fn()) {
    let failure = match explore().schedules(20_000).check(program) {
        Err(failure) => failure,
        Ok(explored) => panic!("not found: {explored:?}"),
    };
    assert!(failure.what.contains(what), "{failure}");
    let again = explore().replay(&failure.schedule).check(program).expect_err("the same schedule");
    assert_eq!(again.what, failure.what);
}

/// Nothing is found in the twin.
fn silent(program: fn()) {
    // (A thread for each goroutine is slow to start.)
    let fewer = if gorge::runtime::mode() == gorge::runtime::Mode::Thread { 5 } else { 1 };
    explore().schedules(SCHEDULES / fewer).seed(1).run(program);
}

macro_rules! pairs {
    ($($name:ident: $what:literal,)*) => {
        $(mod $name;)*

        mod bug {
            $(#[test]
            fn $name() {
                crate::found($what, || crate::$name::run(false));
            })*
        }

        mod twin {
            $(#[test]
            fn $name() {
                crate::silent(|| crate::$name::run(true));
            })*
        }
    };
}

pairs! {
    blocked_sender_after_timeout: "left behind",
    broadcast_to_one: "deadlock",
    callback_under_lock: "deadlock",
    cancel_nobody_looks_at: "left behind",
    channel_never_closed: "left behind",
    check_then_act: "seat sold twice",
    closed_twice: "panic: close of closed channel",
    context_not_cancelled: "left behind",
    counter_read_and_written: "panic: assertion",
    crossed_channels: "deadlock",
    crossed_locks: "deadlock",
    done_missing: "deadlock",
    double_checked: "half-made",
    double_lock: "deadlock",
    early_return_keeps_senders: "left behind",
    first_answer_only: "left behind",
    lock_across_send: "deadlock",
    lock_across_wait: "deadlock",
    lost_in_select: "lost messages",
    lost_wakeup: "deadlock",
    messages_out_of_order: "panic: assertion",
    monitor_and_probe: "deadlock",
    nil_channel: "deadlock",
    notice_dropped: "deadlock",
    once_in_itself: "deadlock",
    permits_not_given_back: "deadlock",
    permits_one_by_one: "deadlock",
    race_on_shared: "data race",
    read_lock_twice: "deadlock",
    ring_of_locks: "deadlock",
    send_on_closed: "panic: send on closed channel",
    signal_before_wait: "deadlock",
    stop_that_nobody_hears: "left behind",
    stopped_twice: "panic: close of closed channel",
    ticker_left: "left behind",
    timer_not_drained: "too early",
    try_lock_forever: "no end within",
    unlock_missing: "deadlock",
    used_before_made: "not there yet",
    wait_in_the_loop: "deadlock",
    wait_before_add: "panic: assertion",
    wrong_count: "left behind",
}
