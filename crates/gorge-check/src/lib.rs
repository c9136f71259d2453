//! No bug hides: virtual time, exploration of schedules, races, deadlocks of a part.
