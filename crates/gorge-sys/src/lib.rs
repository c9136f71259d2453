//! What Gorge needs of the operating system: parker, clock, processor count, fences.
