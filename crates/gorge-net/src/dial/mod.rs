//! Connecting to a name, as Go does it.
//!
//! Of a name with several addresses they are tried in turn, families alternating,
//! each a little after the one before (RFC 8305, "happy eyeballs"), until one
//! answers; so a way that is down costs a quarter of a second, not a minute.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use gorge_flow::context::{self, Context};
use gorge_sync::chan::channel;

use crate::addr;
use crate::dns::Resolver;
use crate::error;
use crate::named;
use crate::tcp::{Keepalive, TcpStream};

/// Connects to an address like `example.org:80`; without a name before the colon, on this machine.
///
/// As in Go the connection sends small writes at once and is kept alive.
///
/// # Blocking
/// Until the connection is there; a dump shows `[select]`.
///
/// # Errors
/// Of the first address that was tried, naming it; those of [`lookup_host`](crate::net::lookup_host).
///
/// # Examples
/// ```
/// use gorge::net::{TcpListener, dial};
///
/// gorge::run(|| {
///     let listener = TcpListener::bind("127.0.0.1:0").unwrap();
///     let port = listener.local_addr().unwrap().port();
///     let stream = dial(&format!("localhost:{port}")).unwrap();
///     assert!(stream.nodelay().unwrap());
/// });
/// ```
///
/// # Compared with Go
/// `net.Dial("tcp", address)`.
#[track_caller]
pub fn dial(address: &str) -> io::Result<TcpStream> {
    Dialer::default().dial(address)
}

/// As [`dial`], until `ctx` is done.
///
/// # Blocking
/// Until one answers, all have failed, or the context is done.
///
/// # Errors
/// As [`dial`]; and when the context is done.
///
/// # Examples
/// ```
/// use gorge::{context, net::{TcpListener, dial_in}};
///
/// let listener = TcpListener::bind("127.0.0.1:0").unwrap();
/// let address = listener.local_addr().unwrap().to_string();
/// let (ctx, cancel) = context::with_cancel(&context::background());
/// assert!(dial_in(&ctx, &address).is_ok());
/// cancel.cancel();
/// assert!(dial_in(&ctx, &address).is_err());
/// ```
///
/// # Compared with Go
/// `DialContext` of a `net.Dialer` with nothing set.
#[track_caller]
pub fn dial_in(ctx: &Context, address: &str) -> io::Result<TcpStream> {
    Dialer::default().dial_in(ctx, address)
}

/// As [`dial`], for so long at most: names included.
///
/// # Blocking
/// As [`dial`], or until time is up.
///
/// # Errors
/// As [`dial`]; [`TimedOut`](io::ErrorKind::TimedOut).
///
/// # Examples
/// ```
/// use gorge::net::{TcpListener, dial_timeout};
/// use std::time::Duration;
///
/// let listener = TcpListener::bind("127.0.0.1:0").unwrap();
/// let address = listener.local_addr().unwrap().to_string();
/// assert!(dial_timeout(&address, Duration::from_secs(60)).is_ok());
/// ```
///
/// # Compared with Go
/// `net.DialTimeout`.
#[track_caller]
pub fn dial_timeout(address: &str, timeout: Duration) -> io::Result<TcpStream> {
    Dialer { timeout: Some(timeout), ..Dialer::default() }.dial(address)
}

/// How to connect.
///
/// # Compared with Go
/// `net.Dialer`.
#[derive(Clone, Debug)]
pub struct Dialer {
    /// How long it may take in all.
    pub timeout: Option<Duration>,
    /// How long after one address the next is tried.
    pub fallback_delay: Duration,
    /// Whether and when to find out that the other side is gone.
    pub keepalive: Option<Keepalive>,
    /// Whether small writes go out at once.
    pub nodelay: bool,
    /// The address on this side.
    pub local_addr: Option<SocketAddr>,
    /// How names are looked up; `None`: as the system is set up.
    pub resolver: Option<Resolver>,
}

impl Default for Dialer {
    fn default() -> Self {
        Dialer {
            timeout: None,
            fallback_delay: Duration::from_millis(250),
            keepalive: Some(Keepalive::default()),
            nodelay: true,
            local_addr: None,
            resolver: None,
        }
    }
}

impl Dialer {
    /// Connects; see [`dial`].
    ///
    /// # Blocking
    /// Until one address answers, all have failed, or the timeout is over.
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn dial(&self, address: &str) -> io::Result<TcpStream> {
        self.dial_in(&context::background(), address)
    }

    /// Connects, until `ctx` is done.
    ///
    /// # Blocking
    /// As [`dial`](Self::dial), or until the context is done.
    ///
    /// # Errors
    /// As [`dial`]; and when the context is done.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, net::Dialer};
    ///
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// cancel.cancel();
    /// let error = Dialer::default().dial_in(&ctx, "127.0.0.1:9").unwrap_err();
    /// assert!(error.to_string().contains("context canceled"));
    /// ```
    ///
    /// # Compared with Go
    /// `DialContext`.
    #[track_caller]
    pub fn dial_in(&self, ctx: &Context, address: &str) -> io::Result<TcpStream> {
        let limited = self.timeout.map(|timeout| context::with_timeout(ctx, timeout));
        let ctx = limited.as_ref().map_or(ctx, |(ctx, _)| ctx);
        let dialled = ctx.check().map_err(error::of_context).and_then(|()| {
            let (host, port) = named::split(address)?;
            if let Some(address) = addr::literal(host, port) {
                return self.race(ctx, vec![address]);
            }
            let host = if host.is_empty() { "localhost" } else { host };
            let resolver = self.resolver.clone().unwrap_or_else(Resolver::system);
            let found = alternating(resolver.lookup_in(ctx, host)?);
            self.race(ctx, found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
        });
        let stream = dialled
            .map_err(|error| error::while_doing(format_args!("dialling {address}"), error))?;
        stream.set_nodelay(self.nodelay)?;
        if self.keepalive.is_some() {
            stream.set_keepalive(self.keepalive)?;
        }
        Ok(stream)
    }

    /// The first of these that answers.
    #[track_caller]
    fn race(&self, ctx: &Context, addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
        if let [address] = addresses[..] {
            return TcpStream::connect_in(ctx, address, self.local_addr);
        }
        // Whoever still tries when this returns gives up.
        let (ctx, cancel) = context::with_cancel(ctx);
        let _cancel = cancel.guard();
        let (tx, rx) = channel(addresses.len());
        // Of the first address that has failed so far, whichever failed first.
        let mut failed: Option<(usize, io::Error)> = None;
        let (mut waiting, mut running) = (addresses.into_iter().enumerate(), 0);
        loop {
            if let Some((place, address)) = waiting.next() {
                running += 1;
                let (ctx, tx, from) = (ctx.clone(), tx.clone(), self.local_addr);
                let connect = move || TcpStream::connect_in(&ctx, address, from);
                gorge_sched::go(move || tx.send(connect().map_err(|error| (place, error))));
            }
            if running == 0 {
                let none = || io::Error::new(io::ErrorKind::NotFound, "no addresses");
                return Err(failed.map_or_else(none, |(_, error)| error));
            }
            let answer = if waiting.len() == 0 {
                rx.recv().ok()
            } else {
                rx.recv_timeout(self.fallback_delay).ok()
            };
            match answer {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err((place, error))) => {
                    running -= 1;
                    if failed.as_ref().is_none_or(|(first, _)| place < *first) {
                        failed = Some((place, error));
                    }
                }
                None => {} // the next one's turn
            }
        }
    }
}

/// Families in turn, beginning with that of the first.
fn alternating(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let first_is_v4 = addresses.first().is_some_and(IpAddr::is_ipv4);
    let (a, b): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|ip| ip.is_ipv4() == first_is_v4);
    let mut all = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.into_iter(), b.into_iter());
    loop {
        let (one, other) = (a.next(), b.next());
        if one.is_none() && other.is_none() {
            return all;
        }
        all.extend(one.into_iter().chain(other));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let found = alternating(["::1", "::2", "::3", "1.1.1.1"].map(ip).to_vec());
        assert_eq!(found, ["::1", "1.1.1.1", "::2", "::3"].map(ip));
    }
}
