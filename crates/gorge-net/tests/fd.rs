//! Descriptors: waiting, deadlines, closing, readiness in a select.

use std::io::{ErrorKind, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use gorge::io::Fd;
use gorge::net::is_closed;
use gorge::time::Instant;
use gorge::{channel, go, run, select};

fn a_pipe() -> (Arc<Fd<PipeReader>>, PipeWriter) {
    let (reader, writer) = pipe().unwrap();
    (Arc::new(Fd::new(reader).unwrap()), writer)
}

/// Until one of the goroutines waits for a descriptor.
fn until_waiting(count: usize) {
    let waits = |g: &gorge_sched::registry::Info| {
        matches!(g.state, gorge_sched::registry::State::Waiting { reason, .. }
            if reason == gorge_sched::WaitReason::Io)
    };
    while gorge_sched::registry::all().iter().filter(|g| waits(g)).count() < count {
        gorge::runtime::gosched();
    }
}

#[test]
fn reading_waits_for_data_and_for_the_end() {
    run(|| {
        let (reader, mut writer) = a_pipe();
        let all = go(move || {
            let mut text = String::new();
            (&*reader).read_to_string(&mut text).unwrap();
            text
        });
        for word in ["one ", "two ", "three"] {
            until_waiting(1);
            writer.write_all(word.as_bytes()).unwrap();
        }
        drop(writer);
        assert_eq!(all.join().unwrap(), "one two three");
    });
}

#[test]
fn a_plain_thread_waits_too() {
    let (reader, mut writer) = a_pipe();
    let other = std::thread::spawn(move || (&*reader).read(&mut [0; 8]).unwrap());
    until_waiting(1);
    writer.write_all(b"abc").unwrap();
    assert_eq!(other.join().unwrap(), 3);
}

#[test]
fn writing_waits_for_room() {
    run(|| {
        let (mut reader, writer) = pipe().unwrap();
        let writer = Fd::new(writer).unwrap();
        let sent = go(move || (&writer).write_all(&vec![7; 1 << 20]).unwrap());
        until_waiting(1);
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        assert_eq!(all.len(), 1 << 20);
        sent.join().unwrap();
    });
}

#[test]
fn several_wait_for_one_descriptor_and_each_gets_its_byte() {
    run(|| {
        let (reader, mut writer) = a_pipe();
        let readers: Vec<_> = (0..10)
            .map(|_| {
                let reader = reader.clone();
                go(move || (&*reader).read_exact(&mut [0]).unwrap())
            })
            .collect();
        until_waiting(10);
        writer.write_all(&[0; 10]).unwrap(); // one event for all ten
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn a_deadline_in_the_past_fails_though_there_is_data() {
    let (reader, mut writer) = a_pipe();
    writer.write_all(b"x").unwrap();
    reader.set_read_deadline(Some(Instant::now()));
    assert_eq!((&*reader).read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
    reader.set_read_deadline(None);
    assert_eq!((&*reader).read(&mut [0]).unwrap(), 1);
}

#[test]
fn a_deadline_ends_the_wait_and_not_before() {
    run(|| {
        let (reader, _writer) = a_pipe();
        let deadline = Instant::now() + Duration::from_millis(20);
        reader.set_read_deadline(Some(deadline));
        assert_eq!((&*reader).read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(Instant::now() >= deadline);
        reader.set_read_deadline(None);
        reader.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let began = Instant::now();
        assert_eq!((&*reader).read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(began.elapsed() >= Duration::from_millis(5));
        assert_eq!(reader.read_timeout(), Some(Duration::from_millis(5)));
        assert!(reader.set_read_timeout(Some(Duration::ZERO)).is_err());
    });
}

#[test]
fn what_is_interrupted_for_ever_ends_with_its_time() {
    run(|| {
        let (reader, _writer) = a_pipe();
        let interrupted = || {
            reader.read_with(|_| Err::<(), _>(ErrorKind::Interrupted.into())).unwrap_err().kind()
        };
        reader.set_read_deadline(Some(Instant::now() + Duration::from_millis(2)));
        assert_eq!(interrupted(), ErrorKind::TimedOut);
        reader.set_read_deadline(None);
        reader.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
        assert_eq!(interrupted(), ErrorKind::TimedOut);
    });
}

#[test]
fn a_deadline_set_meanwhile_reaches_who_waits() {
    run(|| {
        let (reader, _writer) = a_pipe();
        // Far away; then changed to now.
        reader.set_read_deadline(Some(Instant::now() + Duration::from_secs(3600)));
        let waits = {
            let reader = reader.clone();
            go(move || (&*reader).read(&mut [0]).unwrap_err().kind())
        };
        until_waiting(1);
        reader.set_read_deadline(Some(Instant::now()));
        assert_eq!(waits.join().unwrap(), ErrorKind::TimedOut);
    });
}

#[test]
fn close_wakes_everyone_and_stays() {
    run(|| {
        let (reader, writer) = a_pipe();
        let waiting: Vec<_> = (0..5)
            .map(|_| {
                let reader = reader.clone();
                go(move || (&*reader).read(&mut [0]).unwrap_err())
            })
            .collect();
        until_waiting(5);
        reader.close().unwrap();
        for waits in waiting {
            assert!(is_closed(&waits.join().unwrap()));
        }
        assert!(is_closed(&(&*reader).read(&mut [0]).unwrap_err()));
        assert!(is_closed(&reader.close().unwrap_err()), "twice");
        // The other side sees it at once, though the number is still taken.
        assert_eq!((&writer).write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn readiness_is_an_arm() {
    run(|| {
        let (a, b) = UnixStream::pair().unwrap();
        let (a, mut b) = (Fd::new(a).unwrap(), b);
        let (go_on, tick) = channel::<()>(0);
        let writes = go(move || {
            tick.recv().unwrap();
            b.write_all(b"12").unwrap();
            (b, tick) // so that nothing can be sent any more, nor fails
        });
        let mut one = [0];
        for round in 0..3 {
            select! {
                on(a.readable()) -> ready => {
                    ready.unwrap();
                    assert!(round > 0);
                    (&a).read_exact(&mut one).unwrap();
                    assert_eq!(one[0], b'0' + round);
                },
                send(go_on, ()) -> _ => assert_eq!(round, 0),
            }
        }
        let (mut other_end, _tick) = writes.join().unwrap();
        select! {
            on(a.readable()) -> _ => panic!("all was read"),
            on(a.writable()) -> ready => ready.unwrap(),
        }
        a.close().unwrap();
        select! {
            on(a.readable()) -> ready => assert!(is_closed(&ready.unwrap_err())),
        }
        assert_eq!(other_end.read(&mut one).unwrap(), 0);
    });
}

#[test]
fn a_regular_file_cannot_be_waited_for() {
    let file = std::fs::File::open("/dev/null").unwrap();
    let null = Fd::new(file).unwrap();
    assert_eq!((&null).read(&mut [0]).unwrap(), 0, "reading it never waits");
    let regular = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
    select! {
        on(Fd::new(regular).unwrap().readable()) -> ready => {
            // To poll(2) it is always ready; epoll refuses it.
            assert!(ready.is_err_and(|e| e.kind() == ErrorKind::PermissionDenied) != cfg!(gorge_portable));
        },
    }
}
