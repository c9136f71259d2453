//! Tests in virtual time, and exploration of schedules, as users see them.

#[path = "../waiting/mod.rs"]
mod waiting;

mod bubble;
mod explore;
mod programs;
mod reports;
mod undo;
mod undo_scope;

mod attribute {
    //! What `#[gorge::test]` makes of a test.

    use gorge::{channel, go, time};
    use std::time::Duration;

    #[gorge::test(virtual_time)]
    fn in_virtual_time() -> Result<(), String> {
        let began = time::now();
        time::sleep(Duration::from_secs(3600));
        (began.elapsed().as_secs() == 3600).then_some(()).ok_or("not an hour".into())
    }

    #[gorge::test(explore = 500)]
    fn with_many_schedules() -> Result<(), gorge::RecvError> {
        let (tx, rx) = channel(0);
        go(move || tx.send(1).unwrap()).detach();
        rx.recv().map(drop)
    }

    #[gorge::test(explore(exhaustive))]
    #[should_panic(expected = "GORGE_REPLAY=")]
    fn that_fail() {
        let (tx, rx) = channel(1);
        let tx2 = tx.clone();
        go(move || tx.send(1).unwrap()).detach();
        go(move || tx2.send(2).unwrap()).detach();
        assert_eq!(rx.recv(), Ok(1));
        assert_eq!(rx.recv(), Ok(2));
    }

    #[gorge::test(explore(pct = 2, schedules = 50, seed = 3, steps = 100, early_timers = 0))]
    fn with_limits() {
        time::sleep(Duration::from_secs(1));
    }

    #[gorge::test(explore(schedules = 50, races = false))]
    fn without_races() {
        let shared = std::sync::Arc::new(gorge::race::Shared::new(0));
        let theirs = shared.clone();
        let other = go(move || theirs.set(1));
        shared.set(2);
        other.join().unwrap();
    }

    #[gorge::test(explore(preemptions = 1, seconds = 20))]
    fn with_few_preemptions() {
        let one = go(|| 1);
        assert_eq!(one.join().unwrap(), 1);
    }

    #[gorge::test]
    #[should_panic(expected = "1 goroutine left behind by the test")]
    fn nobody_may_be_left_behind() {
        let (tx, rx) = channel::<()>(0);
        go(move || tx.send(()).unwrap()).detach();
        std::mem::forget(rx);
    }

    #[gorge::test(may_leave)]
    fn somebody_may_be_left() {
        let (tx, rx) = channel::<()>(0);
        go(move || tx.send(()).unwrap()).detach();
        std::mem::forget(rx);
    }

    #[gorge::test]
    fn who_still_runs_has_time_to_end() {
        go(|| time::sleep(Duration::from_millis(30))).detach();
    }

    #[gorge::test]
    fn who_still_runs_has_more_time() {
        go(|| std::thread::sleep(Duration::from_millis(3500))).detach(); // longer than they may all wait
    }

    #[gorge::test]
    #[should_panic(expected = "detached")]
    fn a_panic_nobody_asks_for_fails_the_test() {
        go(|| panic!("detached")).detach();
        let (_tx, rx) = channel::<()>(0);
        let _ = rx.recv();
    }

    #[test]
    #[should_panic(expected = "GORGE_REPLAY=")]
    fn a_name_is_told() {
        gorge::testing::explore().name("m::t").run(|| panic!("always"));
    }
}
