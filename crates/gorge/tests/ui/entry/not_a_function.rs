#[gorge::test]
struct Test;

fn main() {}
