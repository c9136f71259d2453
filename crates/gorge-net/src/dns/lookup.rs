//! Which names are asked for, of whom, how often; and the order of what is found.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use gorge_flow::context::{self, Context};
use simple_dns::TYPE;

use super::config::Resolver;
use super::exchange::{Answer, ask};
use crate::error;

/// The addresses of a host, those first that are most likely to be reached.
///
/// What `/etc/hosts` says counts first, then the servers in `/etc/resolv.conf`; other sources that
/// the C library may be told to use are not asked.
///
/// # Blocking
/// Until a server has answered; a dump shows `[select]`. No thread is blocked.
///
/// # Errors
/// [`NotFound`](io::ErrorKind::NotFound) if there is no such name,
/// [`TimedOut`](io::ErrorKind::TimedOut) if no server answers; the text says which name.
///
/// # Examples
/// ```
/// let addresses = gorge::net::lookup_host("localhost").unwrap();
/// assert!(addresses[0].is_loopback());
/// ```
///
/// # Compared with Go
/// `net.LookupHost`, or `net.Resolver.LookupHost` for [`Resolver`].
pub fn lookup_host(host: &str) -> io::Result<Vec<IpAddr>> {
    Resolver::system().lookup(host)
}

impl Resolver {
    /// As [`lookup_host`], with these settings.
    ///
    /// # Blocking
    /// As there.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, net::Resolver};
    ///
    /// let resolver = Resolver::system();
    /// let addresses = resolver.lookup("localhost").unwrap();
    /// assert!(addresses.iter().all(|address| address.is_loopback()));
    /// assert_eq!(resolver.lookup_in(&context::background(), "127.0.0.1").unwrap().len(), 1);
    /// ```
    pub fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.lookup_in(&context::background(), host)
    }

    /// As [`lookup`](Self::lookup), until `ctx` is done.
    ///
    /// # Blocking
    /// As there.
    ///
    /// # Errors
    /// As there; and when the context is done.
    pub fn lookup_in(&self, ctx: &Context, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = self.find(ctx, host);
        found.map_err(|error| error::while_doing(format_args!("looking up {host}"), error))
    }

    fn find(&self, ctx: &Context, host: &str) -> io::Result<Vec<IpAddr>> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![address]);
        }
        let name = host.trim_end_matches('.');
        let none = || io::Error::new(io::ErrorKind::NotFound, "no such host");
        if name.is_empty() {
            return Err(none());
        }
        let mut found = self.in_hosts(name);
        if found.is_empty() && is_local(name) {
            found = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        }
        if !found.is_empty() {
            return Ok(in_order(found));
        }
        let mut last = None;
        for name in self.names(host) {
            match self.both_kinds(ctx, &name) {
                Ok(found) if !found.is_empty() => return Ok(in_order(found)),
                Ok(_) => {}
                Err(error) => last = Some(error),
            }
            ctx.check().map_err(error::of_context)?;
        }
        Err(last.unwrap_or_else(none))
    }

    /// What may be meant, in order.
    fn names(&self, host: &str) -> Vec<String> {
        let name = host.trim_end_matches('.');
        if host.ends_with('.') {
            return vec![name.to_owned()];
        }
        let mut names: Vec<_> = self.search.iter().map(|end| format!("{name}.{end}")).collect();
        let complete = name.matches('.').count() >= self.ndots;
        names.insert(if complete { 0 } else { names.len() }, name.to_owned());
        names
    }

    /// Both kinds of addresses, at the same time. Empty: there is no such name.
    fn both_kinds(&self, ctx: &Context, name: &str) -> io::Result<Vec<IpAddr>> {
        let v6 = {
            let (resolver, ctx, name) = (self.clone(), ctx.clone(), name.to_owned());
            gorge_sched::go(move || resolver.one_kind(&ctx, &name, TYPE::AAAA))
        };
        let v4 = self.one_kind(ctx, name, TYPE::A);
        let v6 = v6.join().unwrap_or_else(|_| Err(io::Error::other("the lookup panicked")));
        match (v4, v6) {
            (Ok(v4), Ok(v6)) => Ok(v6.into_iter().chain(v4).collect()),
            // One kind alone will do, if there is any.
            (Ok(found), Err(_)) | (Err(_), Ok(found)) if !found.is_empty() => Ok(found),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }

    fn one_kind(&self, ctx: &Context, name: &str, kind: TYPE) -> io::Result<Vec<IpAddr>> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "no name server");
        for _ in 0..self.attempts {
            for server in &self.servers {
                ctx.check().map_err(error::of_context)?;
                let (patience, _cancel) = context::with_timeout(ctx, self.timeout);
                match ask(&patience, *server, name, kind) {
                    Ok(Answer::Addresses(found)) => return Ok(found),
                    Ok(Answer::NoSuchName) => return Ok(Vec::new()),
                    Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(error),
                    Err(error) => last = error::while_doing(format_args!("server {server}"), error),
                }
            }
        }
        Err(last)
    }
}

/// RFC 6761: never asked of a server.
fn is_local(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Those first to which there is a way: the system says so when a UDP socket is
/// connected, for which nothing is sent.
fn in_order(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let no_way = |address: &IpAddr| {
        let any: IpAddr = match address {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = std::net::UdpSocket::bind((any, 0));
        socket.and_then(|socket| socket.connect((*address, 9))).is_err()
    };
    addresses.sort_by_cached_key(no_way); // stable
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_be_meant() {
        let mut resolver = Resolver::with_servers([]);
        resolver.search = vec!["a.example".into(), "b.example".into()];
        assert_eq!(resolver.names("www"), ["www.a.example", "www.b.example", "www"]);
        assert_eq!(resolver.names("x.y"), ["x.y", "x.y.a.example", "x.y.b.example"]);
        assert_eq!(resolver.names("www."), ["www"]);
        resolver.ndots = 2;
        assert_eq!(resolver.names("x.y")[2], "x.y");
    }
}
