//! Synchronous libraries on our streams, unchanged: rustls and tungstenite, each a server and a client
//! that echo, in goroutines of one process.

use std::io::{Read, Write};
use std::sync::Arc;

use gorge::net::{Shutdown, TcpListener, TcpStream};
use gorge::{go, scope};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

/// For `localhost`, signed by itself, for a hundred years.
const CERTIFICATE: &[u8] = include_bytes!("tls/certificate.der");
const KEY: &[u8] = include_bytes!("tls/key.der");

/// How many talk at once.
const CLIENTS: u8 = 20;

#[gorge::test]
fn rustls_talks() {
    let certificate = CertificateDer::from(CERTIFICATE);
    let key = PrivateKeyDer::try_from(KEY).unwrap();
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let server = Arc::new(server);
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let client = Arc::new(client);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    scope(|s| {
        for number in 0..CLIENTS {
            let client = client.clone();
            s.go(move || {
                let name = ServerName::try_from("localhost").unwrap();
                let connection = ClientConnection::new(client, name).unwrap();
                let stream = TcpStream::connect(address).unwrap();
                let mut stream = rustls::StreamOwned::new(connection, stream);
                // More than a record holds, and than the sockets hold.
                let message = vec![number; 300_000];
                stream.write_all(&message).unwrap();
                let mut back = vec![0; message.len()];
                stream.read_exact(&mut back).unwrap();
                assert_eq!(back, message);
                stream.conn.send_close_notify();
                stream.flush().unwrap();
                assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the other side ends in order");
            });
        }
        for _ in 0..CLIENTS {
            let (stream, _) = listener.accept().unwrap();
            let connection = ServerConnection::new(server.clone()).unwrap();
            s.go(move || {
                let mut stream = rustls::StreamOwned::new(connection, stream);
                let mut message = vec![0; 300_000];
                stream.read_exact(&mut message).unwrap();
                stream.write_all(&message).unwrap();
                assert_eq!(stream.read(&mut [0]).unwrap(), 0);
                stream.conn.send_close_notify();
                stream.flush().unwrap();
                stream.sock.shutdown(Shutdown::Write).unwrap();
            });
        }
    });
}

#[gorge::test]
fn tungstenite_talks() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = go(move || {
        scope(|s| {
            for _ in 0..CLIENTS {
                let (stream, _) = listener.accept().unwrap();
                s.go(move || {
                    let mut socket = tungstenite::accept(stream).unwrap();
                    loop {
                        match socket.read().unwrap() {
                            message if message.is_close() => break,
                            message => socket.send(message).unwrap(),
                        }
                    }
                    // The answer to the end.
                    while socket.flush().is_ok() && socket.can_read() {}
                });
            }
        });
    });
    scope(|s| {
        for number in 0..CLIENTS {
            s.go(move || {
                let stream = TcpStream::connect(address).unwrap();
                let url = format!("ws://{address}/echo");
                let (mut socket, _) = tungstenite::client(url, stream).unwrap();
                for round in 0..10 {
                    let text = format!("{number}: {}", "x".repeat(round * 1_000));
                    socket.send(text.as_str().into()).unwrap();
                    assert_eq!(socket.read().unwrap().into_text().unwrap().as_str(), text);
                }
                socket.close(None).unwrap();
                let error = loop {
                    match socket.read() {
                        Ok(message) => assert!(message.is_close()),
                        Err(error) => break error,
                    }
                };
                assert!(matches!(error, tungstenite::Error::ConnectionClosed), "{error}");
            });
        }
    });
    server.join().unwrap();
}
