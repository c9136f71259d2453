//! A goroutine should not decide what to do about its errors. It sends them along with the
//! results to somebody who knows more: here the caller, who counts them and would give
//! up after three.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::net::{SocketAddr, TcpListener, TcpStream};
use gorge::{Receiver, channel, go};
use std::io::{self, Read, Write};

/// What became of one address.
struct Checked {
    address: SocketAddr,
    answer: io::Result<String>,
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut connection = TcpStream::connect(address)?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

fn check_status(addresses: Vec<SocketAddr>) -> Receiver<Checked> {
    let (tx, results) = channel(0);
    go(move || {
        for address in addresses {
            let answer = ask(address);
            if tx.send(Checked { address, answer }).is_err() {
                return; // nobody wants to know any more
            }
        }
    });
    results
}

/// A server that greets whoever comes, and an address where nobody listens.
fn good_and_bad() -> io::Result<[SocketAddr; 2]> {
    let server = TcpListener::bind("127.0.0.1:0")?;
    let good = server.local_addr()?;
    go(move || {
        for connection in server.incoming().flatten() {
            _ = (&connection).write_all(b"200 OK");
        }
    });
    // Closed again at once; where others are not given the same port meanwhile, if there is such an address.
    let alone = [[127, 0, 0, 2], [127, 0, 0, 1]].map(|ip| SocketAddr::from((ip, 0)));
    let bad = TcpListener::bind(&alone[..])?.local_addr()?;
    Ok([good, bad])
}

fn main() {
    let [good, bad] = match good_and_bad() {
        Ok(addresses) => addresses,
        Err(error) => return println!("no server: {error}"),
    };
    let mut errors = 0;
    for Checked { address, answer } in check_status(vec![good, bad, bad, bad, good]) {
        let which = if address == good { "good" } else { "bad" };
        match answer {
            Ok(answer) => println!("{which}: {answer}"),
            Err(error) => {
                println!("{which}: {:?}", error.kind());
                errors += 1;
            }
        }
        if errors == 3 {
            return println!("too many errors");
        }
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "error-handling",
    source: Source { path: file!(), text: include_str!("error_handling.rs") },
    shows: "an answer from the good address, errors from the bad one, handled by the caller",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let refused = "bad: ConnectionRefused";
    run.printed(&["good: 200 OK", refused, refused, refused, "too many errors"])
}
