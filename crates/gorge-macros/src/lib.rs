//! The macros of Gorge: select!, main, test.
