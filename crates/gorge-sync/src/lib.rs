//! Channels, select, timers and wait groups of Gorge.
