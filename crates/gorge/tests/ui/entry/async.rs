#[gorge::main]
async fn main() {}
