use gorge::{channel, select};

fn main() {
    let (tx, rx) = channel(1);
    tx.send(1).unwrap();
    select! {
        recv(rx) -> n => drop(n) recv(rx) => {}
    };
}
