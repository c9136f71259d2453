//! Bugs of well-known Go projects, re-told: each with its mended twin.
//!
//! What happened is told by GoBench (Yuan and others, CGO 2021), which has collected 103 such bugs from
//! cockroach, etcd, grpc-go, hugo, istio, kubernetes, moby, serving and syncthing, with the numbers of the issues. All are here.
//! These programs keep the mistake and leave out the project. `name(false)` has it, `name(true)` does not: the
//! explorer must find the one, with the right words, and be silent at the other.

mod again;
mod alone;
mod balancer;
mod channels;
mod conditions;
mod crossed;
mod early;
mod full;
mod held;
mod lives;
mod locks;
mod mixed;
mod orders;
mod stopping;
mod taken;
mod unheard;
mod unlocked;
mod untold;
mod workers;

use gorge::testing::explore;
use gorge::{Chan, select};

/// One or the other, as it happens: where a program throws dice, the explorer decides.
fn either() -> bool {
    let (heads, tails) = (Chan::new(1), Chan::new(1));
    select! {
        send(heads, ()) => true,
        send(tails, ()) => false,
    }
}

/// Does it again and again, until there is no more to do.
fn until(stop: &Chan<()>, mut again: impl FnMut()) {
    while !stop.is_closed() {
        again();
        select! {
            recv(stop) -> _ => (),
            timeout(std::time::Duration::ZERO) => (),
        }
    }
}

/// The planted bug is found, and found again.
fn found(what: &[&str], program: fn()) {
    let failure = match explore().schedules(20_000).check(program) {
        Err(failure) => failure,
        Ok(explored) => panic!("not found: {explored:?}"),
    };
    assert!(what.iter().any(|what| failure.what.contains(what)), "{failure}");
    let again = explore().replay(&failure.schedule).check(program).expect_err("the same schedule");
    assert_eq!(again.what, failure.what);
}

/// Nothing is found in the twin.
fn silent(program: fn()) {
    // (A thread for each goroutine is slow to start.)
    let fewer = if gorge::runtime::mode() == gorge::runtime::Mode::Thread { 5 } else { 1 };
    explore().schedules(1000 / fewer).seed(1).run(program);
}

macro_rules! projects {
    ($($module:ident { $($name:ident: $($what:literal)|+,)* })*) => {
        mod bug {$(
            mod $module {$(
                #[test]
                fn $name() {
                    crate::found(&[$($what),+], || crate::$module::$name(false));
                }
            )*}
        )*}

        mod twin {$(
            mod $module {$(
                #[test]
                fn $name() {
                    crate::silent(|| crate::$module::$name(true));
                }
            )*}
        )*}
    };
}

projects! {
    locks {
        a_lock_for_each_address: "deadlock",
        left_without_unlock: "deadlock",
        the_end_of_the_log: "deadlock",
        checkpoint_of_a_lease: "deadlock",
        deleted_too_late: "deadlock" | "left behind",
        stopped_while_tasks_start: "deadlock",
    }
    mixed {
        status_of_pods: "left behind",
        keep_alive: "left behind",
        broadcast_of_watchers: "deadlock",
        keeper_of_tokens: "deadlock",
        probe_and_monitor: "left behind" | "no end within",
        breaker: "deadlock",
        balancer: "left behind",
        pending_notifications: "deadlock",
        event_handler: "deadlock",
    }
    channels {
        commands_begun_twice: "left behind",
        status_of_a_node: "left behind",
        last_unary_call: "left behind",
        closed_by_its_own_loop: "left behind",
        transaction_not_rolled_back: "left behind",
        two_errors_one_reader: "left behind",
        answer_after_the_deadline: "left behind",
    }
    lives {
        done_once_more: "negative",
        worker_added_late: "panic" | "data race",
        waits_for_itself: "deadlock",
        written_after_the_end: "send on closed",
        used_after_closing: "panic" | "data race",
        stopped_before_started: "panic" | "data race" | "deadlock" | "left behind",
    }
    alone {
        one_variable_for_all: "data race",
        setting_changed_by_a_test: "data race",
        table_read_while_reset: "data race",
        count_of_callbacks: "data race",
        field_cleared: "data race",
        time_stamp_without_the_lock: "data race",
        copied_while_written: "data race",
    }
    again {
        settings_by_two_names: "deadlock",
        scan_of_replicas: "left behind",
        cache_that_prints_itself: "left behind",
        leader_asked_while_syncing: "deadlock",
        stopped_gracefully_twice: "deadlock",
        request_on_a_closed_client: "deadlock",
    }
    balancer {
        told_with_the_lock: "deadlock" | "left behind",
    }
    crossed {
        queued_heartbeats: "left behind",
        lease_and_its_name: "deadlock",
        page_within_itself: "deadlock",
        rounds_of_an_election: "left behind",
    }
    full {
        message_after_the_stop: "deadlock",
        event_and_callback: "deadlock",
        spans_to_import: "left behind",
        suggested_before_the_start: "deadlock",
        outbox_that_does_not_start: "deadlock",
        streams_cancelled_in_turn: "deadlock",
        status_of_a_proxy: "left behind",
    }
    untold {
        rows_not_closed: "left behind",
        asked_whether_it_drains: "deadlock",
        stream_closed_in_silence: "left behind",
        watcher_without_addresses: "left behind",
        dialled_and_given_up: "left behind" | "no end within",
    }
    unlocked {
        entry_looked_for: "data race",
        length_asked_for: "data race",
        events_dispatched_by_all: "data race",
        event_dispatched_by_a_test: "data race",
        labels_of_a_connection: "data race",
        annotated_while_copied: "data race",
    }
    early {
        statistics_copied: "data race",
        counted_after_it_is_queued: "data race",
        called_while_it_is_built: "no resolver" | "data race",
        called_at_some_time: "data race",
        made_when_needed: "data race",
        reactions_added_late: "data race",
        output_of_who_is_killed: "data race",
    }
    workers {
        requests_of_one_variable: "data race",
        versions_of_one_counter: "data race",
        results_of_all_nodes: "data race",
        calls_of_a_plugin: "data race",
    }
    stopping {
        worker_beside_the_stop: "data race" | "WaitGroup",
        work_for_a_closed_pool: "send on closed" | "data race",
        work_for_a_pool_just_closed: "send on closed" | "data race",
        destinations_for_who_has_ended: "send on closed",
        logged_after_the_test: "log after the test",
    }
    taken {
        nothing_to_clean_up: "left behind" | "deadlock",
        disks_of_a_machine: "left behind" | "deadlock",
        table_of_connections: "left behind" | "deadlock",
        addresses_cleared: "deadlock",
        processors_of_a_container: "left behind" | "deadlock",
    }
    orders {
        first_list_of_a_cache: "left behind" | "deadlock",
        clusters_in_step: "left behind" | "deadlock",
        device_deleted_twice: "left behind" | "deadlock",
    }
    held {
        watchers_of_a_mux: "left behind",
        idle_connection: "left behind",
        quota_workers: "deadlock",
    }
    conditions {
        change_of_the_master: "deadlock",
        followed_log: "left behind",
        one_more_handler: "deadlock",
        plugin_that_fails: "deadlock",
    }
    unheard {
        watch_that_fails: "left behind",
        events_to_begin_with: "left behind",
        poller_not_told: "deadlock",
        progress_of_transfers: "left behind",
        error_of_a_wait: "left behind",
        probe_under_way: "left behind",
        end_nobody_asks_for: "left behind",
        timer_set_anew: "left behind",
    }
}
