//! The network for goroutines: plain blocking calls that park.
