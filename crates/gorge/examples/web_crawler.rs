//! A web crawler: one goroutine knows what was seen, others fetch, four at a time, with a time limit for each page and
//! one for all; errors are part of the result. The site is served from here, so that it runs anywhere.
//!
//! `cargo run --release -p gorge --example web_crawler`

use std::collections::{BTreeMap, HashSet};
use std::io::{self, BufRead, BufReader, Write};
use std::time::Duration;

use gorge::context::{self, Context};
use gorge::net::{TcpListener, TcpStream, dial_in};
use gorge::sync::Semaphore;
use gorge::{channel, go, scope};

/// The site has pages /1 to /40, each with links to three others, of which some are not there.
fn serve(mut connection: &TcpStream) -> io::Result<()> {
    let request = BufReader::new(connection).lines().next().unwrap_or_else(|| Ok(String::new()))?;
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
    let (ctx, cancel) = context::with_timeout(ctx, Duration::from_secs(20));
    let _cancel = cancel.guard();
    let mut connection = dial_in(&ctx, site)?;
    connection.set_deadline(ctx.deadline());
    write!(connection, "GET {path} HTTP/1.0\r\n\r\n")?;
    let answer = io::read_to_string(connection)?;
    let (head, text) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
    let links = || text.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    head.contains(" 200 ").then(links).ok_or_else(|| io::Error::other(head))
}

/// Everything that can be reached from `start`, each page once.
fn crawl(ctx: &Context, site: &str, start: &str) -> BTreeMap<String, io::Result<Vec<String>>> {
    let (found, results) = channel(0);
    let at_once = Semaphore::new(4);
    let (mut pages, mut seen) = (BTreeMap::new(), HashSet::new());
    scope(|s| {
        let mut ahead = vec![start.to_owned()];
        loop {
            for path in ahead.drain(..).filter(|path| seen.insert(path.clone())) {
                let (found, at_once) = (found.clone(), &at_once);
                s.go(move || {
                    let place = ctx.wait_for(at_once.acquiring(1)).map_err(io::Error::other);
                    let links = place.and_then(|_place| links_on(ctx, site, &path));
                    found.send((path, links)).expect("all are received");
                });
            }
            if pages.len() == seen.len() {
                return pages;
            }
            let (path, links) = results.recv().expect("each sends once");
            ahead.extend(links.iter().flatten().cloned());
            pages.insert(path, links);
        }
    })
}

#[gorge::main]
fn main() -> io::Result<()> {
    let server = TcpListener::bind("127.0.0.1:0")?;
    let site = server.local_addr()?.to_string();
    let (ctx, _cancel) = context::with_timeout(&context::background(), Duration::from_secs(60));
    go(move || server.serve(&context::background(), |connection| _ = serve(&connection)));
    let pages = crawl(&ctx, &site, "/1");
    for (path, links) in &pages {
        println!("{path}: {}", links.as_ref().map_or_else(ToString::to_string, |l| l.join(" ")));
    }
    let good = pages.values().flatten().count();
    println!("{good} pages, {} broken links", pages.len() - good);
    Ok(())
}
