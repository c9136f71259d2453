use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::{LazyLock, Once, OnceLock, once_func, once_value};
use crate::sync::Mutex;
use crate::sync::stress::together;

fn panics(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
    match payload.downcast::<String>() {
        Ok(words) => *words,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn all_wait_for_the_one() {
    // Whoever finds the generation used up makes a new one; each is called once.
    struct Generation {
        once: Once,
        called: AtomicU64,
    }
    let new = || std::sync::Arc::new(Generation { once: Once::new(), called: AtomicU64::new(0) });
    let current = Mutex::new(new());
    together(4, 2, |_| {
        let generation = current.lock().clone();
        generation.once.call_once(|| {
            gorge_sched::gosched();
            generation.called.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(generation.called.load(Ordering::Relaxed), 1);
        let mut current = current.lock();
        if std::sync::Arc::ptr_eq(&current, &generation) {
            *current = new();
        }
    });
}

#[test]
fn a_panic_counts_as_a_call() {
    static ONCE: Once = Once::new();
    assert_eq!(panics(|| ONCE.call_once(|| panic!("first"))), "first");
    assert!(ONCE.is_completed());
    ONCE.call_once(|| unreachable!("it was called"));
}

#[test]
fn a_place_stays_empty_until_it_is_filled() {
    let place = OnceLock::new();
    assert_eq!(place.get(), None);
    assert_eq!(place.get_or_try_init(|| Err::<String, _>("no")), Err("no"));
    assert_eq!(panics(|| _ = place.get_or_init(|| panic!("not yet"))), "not yet");
    assert_eq!(place.get_or_init(|| "now".to_owned()), "now");
    assert_eq!(place.set("again".to_owned()), Err("again".to_owned()));
    assert_eq!(place.clone().into_inner().as_deref(), Some("now"));
    let mut place = place;
    place.get_mut().unwrap().push('!');
    assert_eq!(place.take().as_deref(), Some("now!"));
    assert_eq!(place.set("again".to_owned()), Ok(()));
    assert_eq!(format!("{place:?}"), "OnceLock(\"again\")");
}

#[test]
fn a_value_in_a_place_is_dropped_once() {
    struct Counted<'a>(&'a AtomicU32);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let dropped = AtomicU32::new(0);
    drop(OnceLock::<Counted<'_>>::new());
    assert_eq!(dropped.load(Ordering::Relaxed), 0);
    let place = OnceLock::from(Counted(&dropped));
    assert!(place.set(Counted(&dropped)).is_err());
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
    drop(place);
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
}

#[test]
fn a_lazy_value_panics_each_time_with_the_same_words() {
    let lazy: LazyLock<u32, _> = LazyLock::new(|| panic!("{} words", 2));
    for _ in 0..3 {
        assert_eq!(panics(|| drop(LazyLock::force(&lazy).to_string())), "2 words");
    }
    assert_eq!(LazyLock::get(&lazy), None);
    static FINE: LazyLock<String> = LazyLock::new(|| "fine".to_owned());
    assert_eq!(FINE.len(), 4);
}

#[test]
fn functions_call_once() {
    let calls = AtomicU32::new(0);
    let value = once_value(|| calls.fetch_add(1, Ordering::Relaxed) + 7);
    let copy = value.clone();
    assert_eq!((value(), copy(), value()), (7, 7, 7));
    let func = once_func(|| panic!("no"));
    assert_eq!((panics(&func), panics(&func)), ("no".to_owned(), "no".to_owned()));
}
