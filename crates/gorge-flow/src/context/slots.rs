//! Places for what is to be told of the end of a context: taken and given back in constant time.
//!
//! Invariant: the empty places form a list through `next_free`, whose head is `free`.

/// Who is to be told.
pub(super) enum Slot<C> {
    /// A context below.
    Child(C),
    /// A function to be started.
    Call(Box<dyn FnOnce() + Send>),
}

enum Place<C> {
    Full(Slot<C>),
    Empty { next_free: usize },
}

/// The places of one context.
pub(super) struct Slots<C> {
    places: Vec<Place<C>>,
    /// The first empty place, or the number of places.
    free: usize,
    full: usize,
}

impl<C> Slots<C> {
    /// Fills a place and says which.
    pub(super) fn put(&mut self, slot: Slot<C>) -> usize {
        let place = self.free;
        match self.places.get_mut(place) {
            Some(empty) => {
                if let Place::Empty { next_free } = *empty {
                    self.free = next_free;
                }
                *empty = Place::Full(slot);
            }
            None => {
                self.places.push(Place::Full(slot));
                self.free = self.places.len();
            }
        }
        self.full += 1;
        place
    }

    /// Empties a place that is full.
    pub(super) fn take(&mut self, place: usize) -> Slot<C> {
        let taken =
            std::mem::replace(&mut self.places[place], Place::Empty { next_free: self.free });
        self.free = place;
        self.full -= 1;
        match taken {
            Place::Full(slot) => slot,
            Place::Empty { .. } => unreachable!("place {place} was empty"),
        }
    }

    /// How many places are full.
    pub(super) fn len(&self) -> usize {
        self.full
    }

    /// All that is in them.
    pub(super) fn into_full(self) -> impl Iterator<Item = Slot<C>> {
        self.places.into_iter().filter_map(|place| match place {
            Place::Full(slot) => Some(slot),
            Place::Empty { .. } => None,
        })
    }
}

impl<C> Default for Slots<C> {
    fn default() -> Self {
        Slots { places: Vec::new(), free: 0, full: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn child(slot: Slot<u32>) -> u32 {
        match slot {
            Slot::Child(n) => n,
            Slot::Call(_) => panic!("no function was put"),
        }
    }

    #[test]
    fn places_are_used_again() {
        let mut slots = Slots::default();
        let places: Vec<_> = (0..4).map(|n| slots.put(Slot::Child(n))).collect();
        assert_eq!(places, [0, 1, 2, 3]);
        assert_eq!(child(slots.take(1)), 1);
        assert_eq!(child(slots.take(3)), 3);
        assert_eq!(slots.len(), 2);
        assert_eq!(slots.put(Slot::Child(30)), 3);
        assert_eq!(slots.put(Slot::Child(10)), 1);
        assert_eq!(slots.put(Slot::Child(40)), 4);
        let rest: Vec<_> = slots.into_full().map(child).collect();
        assert_eq!(rest, [0, 10, 2, 30, 40]);
    }
}
