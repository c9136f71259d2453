#[gorge::test]
#[test]
fn twice() {}

fn main() {}
