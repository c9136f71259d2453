use gorge::{context, patterns, select};

fn main() {
    let ctx = context::background();
    let flow = patterns::generate(&ctx, 1..9);
    select! {
        recv(ctx) => {}
    };
    select! {
        recv(flow) -> n => drop(n),
    };
}
