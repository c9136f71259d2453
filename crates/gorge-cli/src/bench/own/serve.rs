//! Servers: until standard input ends.

use gorge::net::{TcpListener, TcpStream};
use std::io::{Read, Write};

/// Sends back what comes.
pub(crate) fn echo() {
    serve(|mut stream| {
        // Not on the stack, whose first page has no room for it.
        let mut buffer = vec![0; 1024];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(n) if stream.write_all(&buffer[..n]).is_err() => return,
                Ok(_) => {}
            }
        }
    });
}

fn serve(each: fn(TcpStream)) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    gorge::go(move || {
        loop {
            let (stream, _) = listener.accept().expect("a connection");
            stream.set_nodelay(true).expect("an option");
            gorge::go(move || each(stream));
        }
    });
    // Whatever it says, it has ended.
    _ = gorge::io::stdin().read(&mut [0]);
}
