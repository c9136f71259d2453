//! The gorge command.

fn main() {}
