use gorge::{channel, select};

fn main() {
    let (tx, rx) = channel::<i32>(1);
    tx.send(1).unwrap();
    select! {
        recv(rx) => 1, send(tx, 1) => "text",
    };
}
