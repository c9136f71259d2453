use gorge::{channel, select};

fn main() {
    let (_tx, rx) = channel::<i32>(1);
    select! {
        n = rx.recv() => drop(n),
    };
}
