use gorge::{channel, select};

fn main() {
    let (tx, rx) = channel::<i32>(1);
    tx.send(1).unwrap();
    select! {
        recv(rx) -> Ok(n) => drop(n),
    };
}
