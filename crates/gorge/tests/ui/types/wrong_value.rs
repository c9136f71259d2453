use gorge::{channel, select};

fn main() {
    let (tx, rx) = channel::<i32>(1);
    tx.send(1).unwrap();
    select! {
        send(tx, "text") => {}
    };
}
