//! Futures in goroutines, and channels in futures.
