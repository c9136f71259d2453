use gorge::{channel, select};

fn main() {
    let (tx, rx) = channel(1);
    tx.send(1).unwrap();
    select! {
        timeout(std::time::Duration::ZERO) => {} timeout(std::time::Duration::ZERO) => {}
    };
}
