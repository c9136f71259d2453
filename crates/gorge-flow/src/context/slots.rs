//! Places for what is to be called at the end of a context: taken and given back in constant time.
//!
//! Invariant: the empty places form a list through `next_free`, whose head is `free`.

/// A function to be started.
pub(super) type Call = Box<dyn FnOnce() + Send>;

enum Place<T> {
    Full(T),
    Empty { next_free: usize },
}

/// The places of one context.
pub(super) struct Slots<T> {
    places: Vec<Place<T>>,
    /// The first empty place, or the number of places.
    free: usize,
    full: usize,
}

impl<T> Slots<T> {
    /// Fills a place and says which.
    pub(super) fn put(&mut self, what: T) -> usize {
        let place = self.free;
        match self.places.get_mut(place) {
            Some(empty) => {
                if let Place::Empty { next_free } = *empty {
                    self.free = next_free;
                }
                *empty = Place::Full(what);
            }
            None => {
                self.places.push(Place::Full(what));
                self.free = self.places.len();
            }
        }
        self.full += 1;
        place
    }

    /// Empties a place that is full.
    pub(super) fn take(&mut self, place: usize) -> T {
        let taken =
            std::mem::replace(&mut self.places[place], Place::Empty { next_free: self.free });
        self.free = place;
        self.full -= 1;
        match taken {
            Place::Full(what) => what,
            Place::Empty { .. } => unreachable!("place {place} was empty"),
        }
    }

    /// How many places are full.
    pub(super) fn len(&self) -> usize {
        self.full
    }

    /// All that is in them.
    pub(super) fn into_full(self) -> impl Iterator<Item = T> {
        self.places.into_iter().filter_map(|place| match place {
            Place::Full(what) => Some(what),
            Place::Empty { .. } => None,
        })
    }
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots { places: Vec::new(), free: 0, full: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again() {
        let mut slots = Slots::default();
        let places: Vec<_> = (0..4).map(|n| slots.put(n)).collect();
        assert_eq!(places, [0, 1, 2, 3]);
        assert_eq!(slots.take(1), 1);
        assert_eq!(slots.take(3), 3);
        assert_eq!(slots.len(), 2);
        assert_eq!(slots.put(30), 3);
        assert_eq!(slots.put(10), 1);
        assert_eq!(slots.put(40), 4);
        let rest: Vec<_> = slots.into_full().collect();
        assert_eq!(rest, [0, 10, 2, 30, 40]);
    }
}
