#[gorge::test]
fn generic<T>() {}

fn main() {}
