//! Go's concurrency system for Rust: goroutines, channels, select, plain blocking code.
