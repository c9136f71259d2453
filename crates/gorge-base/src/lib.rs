//! The ground under Gorge: padding, random numbers, lists, the one std/loom switch.
