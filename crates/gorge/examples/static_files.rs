//! A server of files: a goroutine for each client, which reads files as any program does.
//!
//! `cargo run --release -p gorge --example static_files` serves this directory to itself and ends; with an
//! address and a directory (`-- 127.0.0.1:8080 www`) it serves until it is told to end.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use gorge::context;
use gorge::go;
use gorge::net::{Shutdown, TcpListener, TcpStream};
use gorge::signal::{self, Signal};

/// The file below `root` that a request names. (Symbolic links there are followed, wherever they lead.)
fn named(root: &Path, request: &str) -> Option<PathBuf> {
    let path = request.strip_prefix("GET /")?.split([' ', '?']).next()?;
    let plain = |part| matches!(part, Component::Normal(_));
    Path::new(path).components().all(plain).then(|| root.join(path))
}

fn serve(mut stream: TcpStream, root: &Path) -> io::Result<()> {
    stream.set_deadline(Some(gorge::time::now() + Duration::from_secs(60)));
    let mut lines = BufReader::new(&stream).take(8 * 1024).lines();
    let request = lines.next().unwrap_or(Ok(String::new()))?;
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let file = named(root, &request).and_then(|path| File::open(path).ok());
    match file.filter(|file| file.metadata().is_ok_and(|found| found.is_file())) {
        None => stream
            .write_all(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nno such file\n")?,
        Some(mut file) => {
            let length = file.metadata()?.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            )?;
            gorge::io::copy(&mut file, &mut stream)?; // a disk that is slow holds nobody else up
        }
    }
    stream.shutdown(Shutdown::Write)
}

fn fetch(address: std::net::SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /{path} HTTP/1.1\r\n\r\n")?;
    let mut all = String::new();
    stream.read_to_string(&mut all)?;
    Ok(all)
}

#[gorge::main]
fn main() -> io::Result<()> {
    let mut words = std::env::args().skip(1);
    let given = words.next();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let root = words.next().map_or(here, PathBuf::from);
    let listener = TcpListener::bind(given.as_deref().unwrap_or("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    println!("serving {} at http://{address}/", root.display());

    let (ctx, _stop) =
        signal::notify_context(&context::background(), [Signal::TERMINATE, Signal::INTERRUPT]);
    let server = go(move || listener.serve(&ctx, |stream| _ = serve(stream, &root)));

    if given.is_none() {
        assert!(fetch(address, "static_files.rs")?.contains("A server of files"));
        assert!(fetch(address, "../Cargo.toml")?.starts_with("HTTP/1.1 404"));
        Signal::TERMINATE.raise()?;
    }
    server.join().expect("the server does not panic")?;
    println!("ended in order");
    Ok(())
}
