//! A web crawler: follows links to a depth, each page once, so many requests at a time, with a time limit for each and
//! for all; errors are part of the result. The site is served from here, so that it runs anywhere.
//!
//! `cargo run --release -p gorge --example web_crawler`

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use gorge::context::{self, Context};
use gorge::net::{SocketAddr, TcpListener, TcpStream};
use gorge::sync::{Mutex, Semaphore, WaitGroup};
use gorge::{go, select};

/// The paths that a page links to; the site has pages /1 to /40, and some links are broken.
fn links_of(page: u32) -> Option<Vec<u32>> {
    (1..=40).contains(&page).then(|| vec![2 * page, 2 * page + 1, page / 2])
}

fn serve(connection: &TcpStream) -> io::Result<()> {
    let mut request = String::new();
    BufReader::new(connection).read_line(&mut request)?;
    let path = request.split(' ').nth(1).and_then(|path| path.strip_prefix('/'));
    let links = path.and_then(|page| page.parse().ok()).and_then(links_of);
    let mut connection = connection;
    match links {
        None => write!(connection, "HTTP/1.0 404 Not Found\r\n\r\n"),
        Some(links) => {
            let text: String =
                links.iter().map(|n| format!("<a href=\"/{n}\">{n}</a>\n")).collect();
            write!(connection, "HTTP/1.0 200 OK\r\n\r\n{text}")
        }
    }
}

fn get(site: SocketAddr, path: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect_timeout(&site, Duration::from_secs(5))?;
    write!(connection, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let (head, text) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
    if head.contains(" 200 ") {
        Ok(text.to_owned())
    } else {
        Err(io::Error::other(head.to_owned()))
    }
}

/// What all who crawl share.
struct Crawl {
    site: SocketAddr,
    seen: Mutex<HashSet<String>>,
    found: Mutex<Vec<(String, io::Result<usize>)>>,
    at_once: Semaphore,
    running: WaitGroup,
}

/// Fetches `path` and, each in a goroutine of its own, what it links to.
fn crawl(ctx: &Context, all: &Arc<Crawl>, path: String, depth: u32) {
    if ctx.err().is_some() || !all.seen.lock().insert(path.clone()) {
        return;
    }
    let (ctx, all) = (ctx.clone(), all.clone());
    all.running.clone().go(move || {
        let place = select! {
            on(all.at_once.acquiring(1)) -> place => place,
            recv(ctx.done()) -> _ => return,
        };
        let page = get(all.site, &path);
        drop(place);
        let links: Vec<String> = page
            .iter()
            .flat_map(|text| text.split('"').skip(1).step_by(2))
            .map(str::to_owned)
            .collect();
        all.found.lock().push((path, page.map(|_| links.len())));
        if depth > 0 {
            links.into_iter().for_each(|link| crawl(&ctx, &all, link, depth - 1));
        }
    });
}

#[gorge::main]
fn main() -> io::Result<()> {
    let server = TcpListener::bind("127.0.0.1:0")?;
    let site = server.local_addr()?;
    go(move || {
        for connection in server.incoming().flatten() {
            go(move || serve(&connection));
        }
    });

    let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_secs(30));
    let _cancel = cancel.guard();
    let all = Arc::new(Crawl {
        site,
        seen: Mutex::default(),
        found: Mutex::default(),
        at_once: Semaphore::new(4),
        running: WaitGroup::new(),
    });
    crawl(&ctx, &all, "/1".to_owned(), 6);
    all.running.wait();

    let mut found = std::mem::take(&mut *all.found.lock());
    found.sort_by_key(|(path, _)| path[1..].parse::<u32>().unwrap_or(0));
    for (path, page) in &found {
        match page {
            Ok(links) => println!("{path}: {links} links"),
            Err(error) => println!("{path}: {error}"),
        }
    }
    let good = found.iter().filter(|(_, page)| page.is_ok()).count();
    println!("{good} pages, {} broken links", found.len() - good);
    assert_eq!(good, 40);
    Ok(())
}
