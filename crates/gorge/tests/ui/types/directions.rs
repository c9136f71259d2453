//! The cells of the table of channel states that do not compile: each direction
//! has only its own operations.

use gorge::{Receiver, Sender, channel};

fn receive_only(rx: Receiver<u8>) {
    rx.send(1);
    rx.close();
}

fn send_only(tx: Sender<u8>) {
    tx.recv();
}

fn main() {
    let (tx, rx) = channel(0);
    receive_only(rx);
    send_only(tx);
}
