//! Every program of the tour, each a test of its own: that it does what it is
//! said to do, and that its checks would notice if it did not.

use gorge_cli::tour::program::{Program, Scene};
use gorge_cli::tour::run::{End, Run, in_short};
use gorge_cli::tour::{self, programs};
use std::ffi::OsStr;

const GORGE: &str = env!("CARGO_BIN_EXE_gorge");

/// One test for each name, so that a failure names its program.
macro_rules! programs {
    ($($test:ident => $name:literal,)*) => {
        const TESTED: &[&str] = &[$($name),*];
        $(#[test]
        fn $test() {
            as_documented($name);
        })*
    };
}

fn as_documented(name: &str) {
    let program = programs().find(|program| program.name == name).expect("a program of that name");
    let runs = tour::watch(OsStr::new(GORGE), program).expect("it can be started");
    assert_eq!(runs.len(), program.scenes.len());
    for (scene, run) in program.scenes.iter().zip(&runs) {
        if let Err(why) = (scene.check)(run) {
            panic!("{}: {why}\n{}", title(program, scene), told(run));
        }
        notices(program, scene, run);
    }
}

/// The scene's check does not accept what cannot be right.
fn notices(program: &Program, scene: &Scene, run: &Run) {
    let title = title(program, scene);
    let refuses = |changed: &Run, what: &str| {
        assert!((scene.check)(changed).is_err(), "{title}: the check accepts {what}");
    };
    let silent =
        Run { lines: Vec::new(), errors: String::new(), end: End::Status(0), ..run.clone() };
    refuses(&silent, "a program that does nothing");
    let failed = Run { end: End::Status(101), ..run.clone() };
    refuses(&failed, "another exit status");
    let crashed = Run { end: End::Signal(11), ..run.clone() };
    refuses(&crashed, "a crash");
    if run.errors.contains("goroutine 1 [") {
        let elsewhere = Run { errors: run.errors.replace(".rs:", ".rs:9"), ..run.clone() };
        refuses(&elsewhere, "a report that points at another line");
        let asleep =
            Run { errors: run.errors.replace("goroutine 1 [", "goroutine 1 [not "), ..run.clone() };
        refuses(&asleep, "a report with another reason");
    }
    if run.lines.iter().any(|line| !line.at.is_zero()) && timed(program) {
        let mut hasty = run.clone();
        hasty.lines.iter_mut().for_each(|line| line.at /= 2);
        refuses(&hasty, "lines that come too early");
    }
}

/// Whether what a program must show has to do with when it shows it.
fn timed(program: &Program) -> bool {
    const ANY_TIME: [&str; 10] = [
        "acknowledge",
        "bridge",
        "hello-goroutine",
        "or-done",
        "pipeline",
        "quit-channel",
        "replicated-requests",
        "runtime-calls",
        "task-workers",
        "tee",
    ];
    !ANY_TIME.contains(&program.name)
}

fn title(program: &Program, scene: &Scene) -> String {
    let parts = [program.name, scene.title];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn told(run: &Run) -> String {
    let lines: Vec<String> =
        run.lines.iter().map(|line| format!("{:?} {}", line.at, line.text)).collect();
    format!("{}\n{}\n{}", lines.join("\n"), run.errors, in_short(run.end))
}

#[test]
fn every_program_is_tested() {
    let names: Vec<&str> = programs().map(|program| program.name).collect();
    let untested: Vec<&&str> = names.iter().filter(|name| !TESTED.contains(name)).collect();
    assert!(untested.is_empty(), "no test for {untested:?}");
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), names.len(), "a name is used twice");
}

#[test]
fn every_program_has_its_lesson_and_can_be_read_at_a_glance() {
    for program in programs() {
        let Program { name, source, shows, .. } = program;
        let title = source.title();
        assert!((10..=75).contains(&title.len()), "{name}: the title {title:?}");
        assert!(!title.contains('\n') && !title.ends_with('.'), "{name}: the title {title:?}");
        let lesson = source.lesson();
        assert!(lesson.ends_with('.') && lesson.matches(". ").count() <= 2, "{name}: {lesson:?}");
        assert!(!shows.is_empty() && !shows.ends_with('.'), "{name}: {shows:?}");
        let code = source.code();
        assert!(code.contains("fn ") && !code.contains("\nuse "), "{name}: no code");
        assert!(
            !code.contains("PROGRAM") && !code.contains("Verdict"),
            "{name}: more than the code"
        );
        assert!(code.lines().count() <= 75, "{name}: {} lines of code", code.lines().count());
        let file = format!("/{}.rs", name.replace('-', "_"));
        assert!(source.path.ends_with(&file), "{name} is in {}", source.path);
    }
}

programs! {
    hello_goroutine => "hello-goroutine",
    publish => "publish",
    channel_close => "channel-close",
    publish_wait => "publish-wait",
    deadlock_send => "deadlock-send",
    deadlock_send_fixed => "deadlock-send-fixed",
    two_sends_one_receive => "two-sends-one-receive",
    receive_forever => "receive-forever",
    select_two => "select-two",
    select_nil => "select-nil",
    select_default => "select-default",
    random_bits => "random-bits",
    select_timeout => "select-timeout",
    select_forever => "select-forever",
    data_race => "data-race",
    sharing_is_caring => "sharing-is-caring",
    atomic_int => "atomic-int",
    wait_group => "wait-group",
    broadcast => "broadcast",
    quit_channel => "quit-channel",
    generator => "generator",
    timer_stop => "timer-stop",
    ticker => "ticker",
    after_func => "after-func",
    convolve => "convolve",
    maxprocs => "maxprocs",
    goroutine_args => "goroutine-args",
    many_goroutines => "many-goroutines",
    many_with_wait => "many-with-wait",
    waitgroup_too_many_done => "waitgroup-too-many-done",
    waitgroup_too_few_done => "waitgroup-too-few-done",
    create_files => "create-files",
    channel_read_write => "channel-read-write",
    printer_fixed => "printer-fixed",
    closed_channel_zero => "closed-channel-zero",
    directions => "directions",
    select_gen => "select-gen",
    timeout_inside => "timeout-inside",
    timeout_outside => "timeout-outside",
    close_nil => "close-nil",
    buffered_queue => "buffered-queue",
    worker_pool => "worker-pool",
    signal_order => "signal-order",
    atomic_counter => "atomic-counter",
    monitor_goroutine => "monitor-goroutine",
    closured_variables => "closured-variables",
    gosched => "gosched",
    fire_and_forget => "fire-and-forget",
    atomic_gosched => "atomic-gosched",
    mutex_gosched => "mutex-gosched",
    sum_over_channel => "sum-over-channel",
    pipe => "pipe",
    tennis => "tennis",
    task_workers => "task-workers",
    mirrored_query => "mirrored-query",
    fibonacci_range => "fibonacci-range",
    work_pool => "work-pool",
    resource_pool => "resource-pool",
    select_quit => "select-quit",
    select_timeout_loop => "select-timeout-loop",
    runtime_calls => "runtime-calls",
    print_count => "print-count",
    main_short_slow => "main-short-slow",
    cakes => "cakes",
    cakes_loop => "cakes-loop",
    cakes_range => "cakes-range",
    two_flavours => "two-flavours",
    two_flavours_select => "two-flavours-select",
    acknowledge => "acknowledge",
    parallel_sum => "parallel-sum",
    buffered_two => "buffered-two",
    hundred_thousand => "hundred-thousand",
    greetings_waitgroup => "greetings-waitgroup",
    counter_mutex => "counter-mutex",
    once => "once",
    channel_table => "channel-table",
    chan_owner => "chan-owner",
    select_unblocked => "select-unblocked",
    select_fair => "select-fair",
    select_timed_out => "select-timed-out",
    select_default_again => "select-default-again",
    select_exit_loop => "select-exit-loop",
    confinement_ad_hoc => "confinement-ad-hoc",
    confinement_lexical => "confinement-lexical",
    cancellation => "cancellation",
    or_channel => "or-channel",
    pipeline => "pipeline",
    fan_out_fan_in => "fan-out-fan-in",
    or_done => "or-done",
    tee => "tee",
    bridge => "bridge",
    queuing => "queuing",
    heartbeat_interval => "heartbeat-interval",
    heartbeat_per_unit => "heartbeat-per-unit",
    replicated_requests => "replicated-requests",
    mutex_critical_section => "mutex-critical-section",
    forgotten_unlock => "forgotten-unlock",
    rwlock_password => "rwlock-password",
    context_cancel => "context-cancel",
    context_timeout => "context-timeout",
    context_deadline => "context-deadline",
    context_values => "context-values",
    weighted_semaphore => "weighted-semaphore",
    nil_channel_sum => "nil-channel-sum",
    synchronized_map => "synchronized-map",
    cond_broadcast => "cond-broadcast",
    rwlock_table => "rwlock-table",
    pool_calculators => "pool-calculators",
    livelock => "livelock",
    starvation => "starvation",
    context_request => "context-request",
    context_greetings => "context-greetings",
    scheduler => "scheduler",
    wc => "wc",
    runner => "runner",
    printer_race => "printer-race",
    race_condition => "race-condition",
    error_handling => "error-handling",
    deadlock_mutex => "deadlock-mutex",
}
