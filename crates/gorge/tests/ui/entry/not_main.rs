#[gorge::main]
fn start() {}

fn main() {}
