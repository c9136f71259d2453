//! A web crawler: one goroutine knows what was seen, others fetch, four at a time, with a time limit for each page and
//! one for all; errors are part of the result. The site is served from here, so that it runs anywhere.
//!
//! `cargo run --release -p gorge --example web_crawler`

use std::collections::{BTreeMap, HashSet};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::time::Duration;

use gorge::context::{self, Context};
use gorge::net::{TcpListener, TcpStream, dial_in};
use gorge::sync::Semaphore;
use gorge::{channel, go, scope};

/// The site has pages /1 to /40, each with links to three others, of which some are not there.
fn serve(mut connection: &TcpStream) -> io::Result<()> {
    let mut request = String::new();
    BufReader::new(connection).read_line(&mut request)?;
    let path = request.split(' ').nth(1).unwrap_or_default();
    match path.trim_start_matches('/').parse::<u32>() {
        Ok(n @ 1..=40) => {
            let links = [n / 2, 2 * n, 2 * n + 1].map(|n| format!("<a href=\"/{n}\">"));
            write!(connection, "HTTP/1.0 200 OK\r\n\r\n{}", links.concat())
        }
        _ => write!(connection, "HTTP/1.0 404 Not Found\r\n\r\n"),
    }
}

/// The links on a page.
fn links_on(ctx: &Context, site: &str, path: &str) -> io::Result<Vec<String>> {
    let (ctx, cancel) = context::with_timeout(ctx, Duration::from_secs(5));
    let _cancel = cancel.guard();
    let mut connection = dial_in(&ctx, site)?;
    connection.set_deadline(ctx.deadline());
    write!(connection, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let (head, text) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
    match head.contains(" 200 ") {
        true => Ok(text.split('"').skip(1).step_by(2).map(str::to_owned).collect()),
        false => Err(io::Error::other(head.to_owned())),
    }
}

type Pages = BTreeMap<String, io::Result<Vec<String>>>;

/// Everything that can be reached from `start`, each page once.
fn crawl(ctx: &Context, site: &str, start: &str) -> Pages {
    let (found, results) = channel(0);
    let at_once = Semaphore::new(4);
    let (mut pages, mut seen) = (Pages::new(), HashSet::new());
    scope(|s| {
        let mut ahead = vec![start.to_owned()];
        let mut under_way = 0;
        loop {
            for path in ahead.drain(..).filter(|path| seen.insert(path.clone())) {
                under_way += 1;
                let (found, at_once) = (found.clone(), &at_once);
                s.go(move || {
                    let place = ctx.wait_for(at_once.acquiring(1)).map_err(io::Error::other);
                    let links = place.and_then(|_place| links_on(ctx, site, &path));
                    found.send((path, links)).expect("all are received");
                });
            }
            if under_way == 0 {
                return pages;
            }
            let (path, links) = results.recv().expect("each sends once");
            under_way -= 1;
            ahead.extend(links.iter().flatten().cloned());
            pages.insert(path, links);
        }
    })
}

#[gorge::main]
fn main() -> io::Result<()> {
    let server = TcpListener::bind("127.0.0.1:0")?;
    let site = server.local_addr()?.to_string();
    go(move || {
        for connection in server.incoming().flatten() {
            go(move || serve(&connection));
        }
    });
    let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_secs(30));
    let _cancel = cancel.guard();
    let pages = crawl(&ctx, &site, "/1");
    for (path, links) in &pages {
        match links {
            Ok(links) => println!("{path}: {}", links.join(" ")),
            Err(error) => println!("{path}: {error}"),
        }
    }
    let good = pages.values().filter(|links| links.is_ok()).count();
    println!("{good} pages, {} broken links", pages.len() - good);
    Ok(())
}
