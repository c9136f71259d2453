//! With the real tokio on the side: its timers, sockets and channels in goroutines, goroutines and
//! their ends in its tasks.

use std::time::Duration;

use gorge::future::FutureExt;
use gorge::{go, select};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

fn side() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[gorge::test]
fn timers() {
    let tokio = side();
    let handles: Vec<_> = (1..=20)
        .map(|n| {
            let handle = tokio.handle().clone();
            go(move || {
                let _inside = handle.enter();
                tokio::time::sleep(Duration::from_millis(n)).wait();
                n
            })
        })
        .collect();
    let sum: u64 = handles.into_iter().map(|handle| handle.join().unwrap()).sum();
    assert_eq!(sum, 210);
}

#[gorge::test]
fn sockets() {
    let tokio = side();
    let _inside = tokio.enter();
    let listener = TcpListener::bind("127.0.0.1:0").wait().unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut word = [0; 5];
        stream.read_exact(&mut word).await.unwrap();
        stream.write_all(&word).await.unwrap();
    });
    // Plain calls in a goroutine, one future each; the thread-local that says "inside" is the goroutine's own.
    let mut stream = TcpStream::connect(address).wait().unwrap();
    stream.write_all(b"hello").wait().unwrap();
    let mut echoed = Vec::new();
    stream.read_to_end(&mut echoed).wait().unwrap();
    assert_eq!(echoed, b"hello");
    server.wait().unwrap();
}

#[gorge::test]
fn channels_of_tokio_in_a_select() {
    let tokio = side();
    let (tx, mut rx) = mpsc::channel(1);
    let (stop, stopped) = oneshot::channel();
    let (to_goroutine, from_goroutine) = gorge::channel(0);
    tokio.spawn(async move {
        for n in 1..=100 {
            tx.send(n).await.unwrap();
        }
        stop.send("stop").unwrap();
        tx.closed().await; // keeps the channel open until the goroutine leaves
    });
    go(move || (1..=100).for_each(|n| to_goroutine.send(n).unwrap())).detach();
    let (mut sum, mut other) = (0, 0);
    let mut stopped = stopped.arm();
    while sum < 5050 || other < 5050 || !stopped.is_finished() {
        select! {
            on(std::pin::pin!(rx.recv()).arm()) -> n => sum += n.unwrap(),
            on(&mut stopped) -> word => assert_eq!(word, Ok("stop")),
            recv(from_goroutine) -> n => other += n.unwrap_or(0),
        }
        if other == 5050 && sum == 5050 && stopped.is_finished() {
            break;
        }
    }
    assert_eq!((sum, other), (5050, 5050));
}

#[gorge::test]
fn goroutines_in_tasks() {
    let tokio = side();
    let tasks: Vec<_> =
        (0..100u64).map(|n| tokio.spawn(async move { go(move || n * n).await.unwrap() })).collect();
    let sum: u64 = tasks.into_iter().map(|task| task.wait().unwrap()).sum();
    assert_eq!(sum, (0..100).map(|n| n * n).sum());
}
