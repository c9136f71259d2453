//! A slot in every interleaving: each value is given out once, whole, whoever comes between.

use gorge_base::sync::{Arc, model_up_to, thread};

use super::slot::Slot;

#[test]
fn the_owner_against_others() {
    model_up_to(3, || {
        let slot = Arc::new(Slot::new());
        let take = |other: fn(&Slot<Box<u32>>) -> Option<Box<u32>>| {
            let slot = slot.clone();
            thread::spawn(move || other(&slot).map(|value| *value))
        };
        let others = [take(Slot::take), take(|slot| slot.age().or_else(|| slot.age()))];
        let mut seen = Vec::new();
        for n in 1..=2 {
            // SAFETY: this thread is the owner.
            unsafe {
                match slot.put(Box::new(n)) {
                    Ok(_) => {}
                    Err(back) => seen.push(*back),
                }
                seen.extend(slot.get().map(|value| *value));
            }
        }
        seen.extend(others.into_iter().filter_map(|other| other.join().unwrap()));
        seen.extend(slot.take().map(|value| *value));
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
    });
}
