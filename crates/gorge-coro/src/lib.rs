//! Contexts of execution for goroutines: stacks, thread-local storage, the switch.
