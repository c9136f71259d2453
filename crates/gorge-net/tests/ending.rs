//! Programs of their own: what is a deadlock and what is not, and running out of descriptors.

#[path = "../../gorge/tests/ending/mod.rs"]
mod ending;

use std::io::{PipeReader, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ending::{Case, Ended};
use gorge::io::Fd;
use gorge::net::{TcpListener, is_closed};
use gorge::{channel, go, run, select};
use gorge_sched::WaitReason;
use gorge_sched::registry::{self, Info, State};
use rustix::process::{Resource, getrlimit, setrlimit};

fn main() -> ExitCode {
    ending::main(CASES)
}

fn deadlock(ended: &Ended) {
    ended.dead();
    ended.says(&["fatal error: all goroutines are asleep - deadlock!\n", "[chan receive"]);
}

const CASES: &[Case] = &[
    Case {
        name: "who_waits_for_a_descriptor_may_be_woken",
        program: || {
            run(|| {
                // Nothing here can run until another process ends: no timer, no thread.
                let mut end = String::new();
                (&later()).read_to_string(&mut end).unwrap();
            });
        },
        check: Ended::well,
    },
    Case {
        name: "so_may_a_plain_thread",
        program: || {
            let mut end = String::new();
            (&later()).read_to_string(&mut end).unwrap();
        },
        check: Ended::well,
    },
    Case {
        name: "so_may_a_select",
        program: || {
            run(|| {
                let (_keep, never) = channel::<()>(0);
                let end = later();
                select! {
                    on(end.readable()) -> ready => ready.unwrap(),
                    recv(never) -> _ => unreachable!(),
                }
            });
        },
        check: Ended::well,
    },
    Case {
        name: "a_descriptor_nobody_waits_for_wakes_nobody",
        program: || {
            run(|| {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let soon = gorge::time::now() + Duration::from_millis(1);
                listener.set_read_deadline(Some(soon));
                listener.accept().unwrap_err(); // the poller watches it from now on
                let (_keep, never) = channel::<()>(0);
                never.recv().unwrap();
            });
        },
        check: deadlock,
    },
    Case { name: "closing_without_a_free_descriptor", program: closing, check: Ended::well },
    Case { name: "out_of_descriptors_and_back", program: out_of_descriptors, check: Ended::well },
];

/// Readable when another process ends, in a fifth of a second.
#[expect(clippy::zombie_processes, reason = "its end is seen, and this process ends soon after")]
fn later() -> Fd<PipeReader> {
    let mut child = Command::new("sleep");
    let mut child = child.arg("0.2").stdout(Stdio::piped()).spawn().unwrap();
    Fd::new(PipeReader::from(OwnedFd::from(child.stdout.take().unwrap()))).unwrap()
}

fn out_of_descriptors() {
    run(|| {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let address = listener.local_addr().unwrap();
        let mut limit = getrlimit(Resource::Nofile);
        let before = limit.current.replace(64);
        setrlimit(Resource::Nofile, limit).unwrap();
        let (accepted, taken) = channel(100);
        // The poller exists before there is nothing left for it.
        select! { on(listener.readable()) -> _ => unreachable!(), default => {} }
        let mut clients: Vec<_> = Vec::new();
        while let Ok(client) = std::net::TcpStream::connect(address) {
            clients.push(client);
        }
        assert!(clients.len() > 20, "{}", clients.len());
        let server = {
            let listener = listener.clone();
            go(move || {
                loop {
                    match listener.accept() {
                        Ok((stream, _)) => accepted.send(stream).unwrap(),
                        Err(error) => return error,
                    }
                }
            })
        };
        // Nothing can be accepted, and trying costs next to nothing. Who tries all the time is always busy; and of who is
        // not, the system may think so once: time in which it stopped us counts as ours.
        let mut looks = Vec::new();
        while looks.last().is_none_or(|(cpu, took)| *cpu >= *took / 60) {
            assert!(looks.len() < 20, "busy, and of how long: {looks:?}");
            let (cpu, began) = (cpu_time(), Instant::now());
            assert!(taken.recv_timeout(Duration::from_millis(300)).is_err());
            looks.push((cpu_time() - cpu, began.elapsed()));
        }
        // Some go: others are served again.
        clients.truncate(clients.len() / 2);
        taken.recv().unwrap();
        // They may have taken all that is free again, and who closes needs one.
        limit.current = before;
        setrlimit(Resource::Nofile, limit).unwrap();
        listener.close().unwrap();
        assert!(is_closed(&server.join().unwrap()));
    });
}

/// The first `close` of a process wants a descriptor to put in the place of what it closes.
fn closing() {
    run(|| {
        let (server, client) = std::os::unix::net::UnixStream::pair().unwrap();
        let server = Arc::new(Fd::new(server).unwrap());
        let reader = {
            let server = server.clone();
            go(move || (&*server).read(&mut [0]).unwrap_err())
        };
        // Until it waits: then the poller exists.
        let waits = |g: &Info| matches!(g.state, State::Waiting { reason: WaitReason::Io, .. });
        while !registry::all().iter().any(waits) {
            gorge::runtime::gosched();
        }
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = Some(3);
        setrlimit(Resource::Nofile, limit).unwrap();
        let closed = server.close();
        assert!(is_closed(&reader.join().unwrap()), "it waits no longer");
        (&client).write_all(b"x").unwrap();
        assert!(is_closed(&(&*server).read(&mut [0]).unwrap_err()), "whatever there is to read");
        assert!(is_closed(&server.close().unwrap_err()));
        assert!(closed.is_err(), "it could not be closed");
        drop(server);
        // Reset, because the byte was not read.
        assert!(matches!((&client).read(&mut [0]), Ok(0) | Err(_)), "now it is");
    });
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap()
}
