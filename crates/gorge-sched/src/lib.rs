//! The G-M-P scheduler of Gorge.
