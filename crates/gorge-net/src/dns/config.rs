//! Whom to ask, and what is known without asking.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::addr;

/// How names are looked up: the settings of `/etc/resolv.conf`, or others.
///
/// # Examples
/// ```
/// use gorge::net::Resolver;
///
/// let resolver = Resolver::system();
/// let loopback = resolver.lookup("localhost").unwrap();
/// assert!(loopback.iter().all(|address| address.is_loopback()));
/// ```
///
/// # Compared with Go
/// `net.Resolver` with `PreferGo`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resolver {
    /// The servers, asked in this order until one answers.
    pub servers: Vec<SocketAddr>,
    /// What is appended to names that are not complete.
    pub search: Vec<String>,
    /// A name with so many dots is first tried as it is.
    pub ndots: usize,
    /// How long one server may take for one answer.
    pub timeout: Duration,
    /// How often each server is asked.
    pub attempts: usize,
    /// Names that need no server: a file like `/etc/hosts`.
    pub hosts: Option<PathBuf>,
}

impl Resolver {
    /// As the system is set up at this moment.
    #[must_use]
    pub fn system() -> Resolver {
        // Two small files, read anew each time: a change is seen at once.
        let text = std::fs::read("/etc/resolv.conf").unwrap_or_default();
        let text = String::from_utf8_lossy(&text); // comments may be in any encoding
        Resolver { hosts: Some("/etc/hosts".into()), ..Resolver::parse(&text) }
    }

    /// One that asks these servers, and nobody and nothing else.
    ///
    /// # Examples
    /// ```
    /// use gorge::net::Resolver;
    ///
    /// let resolver = Resolver::with_servers(["127.0.0.53:53".parse().unwrap()]);
    /// assert_eq!(resolver.servers.len(), 1);
    /// ```
    #[must_use]
    pub fn with_servers(servers: impl IntoIterator<Item = SocketAddr>) -> Resolver {
        Resolver { servers: servers.into_iter().collect(), ..Resolver::parse("") }
    }

    /// From a text like that in `/etc/resolv.conf`.
    fn parse(text: &str) -> Resolver {
        let mut found = Resolver {
            servers: Vec::new(),
            search: Vec::new(),
            ndots: 1,
            timeout: Duration::from_secs(5),
            attempts: 2,
            hosts: None,
        };
        for line in text.lines() {
            let line = line.split(['#', ';']).next().unwrap_or_default();
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => {
                    found.servers.extend(words.next().and_then(|word| addr::literal(word, 53)));
                }
                // The root, as some say who have no domain, completes nothing.
                Some("search" | "domain") => {
                    let ends = words.map(|word| word.trim_end_matches('.'));
                    found.search = ends.filter(|end| !end.is_empty()).map(str::to_owned).collect();
                }
                Some("options") => words.for_each(|word| found.option(word)),
                _ => {}
            }
        }
        if found.servers.is_empty() {
            found.servers = vec![SocketAddr::from(([127, 0, 0, 1], 53))];
        }
        found
    }

    fn option(&mut self, word: &str) {
        let Some((name, value)) = word.split_once(':') else { return };
        let Ok(value) = value.parse::<usize>() else { return };
        match name {
            "ndots" => self.ndots = value.min(15),
            "timeout" => self.timeout = Duration::from_secs(value.clamp(1, 30) as u64),
            "attempts" => self.attempts = value.clamp(1, 5),
            _ => {}
        }
    }

    /// What the file of hosts says about `name`.
    pub(super) fn in_hosts(&self, name: &str) -> Vec<IpAddr> {
        let text = self.hosts.as_ref().and_then(|path| std::fs::read(path).ok());
        hosts(&String::from_utf8_lossy(&text.unwrap_or_default()), name)
    }
}

fn hosts(text: &str, name: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(address) = words.next().and_then(|word| word.parse().ok()) else { continue };
        if words.any(|word| word.eq_ignore_ascii_case(name)) && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_settings() {
        let found = Resolver::parse(
            "# comment\nnameserver 10.0.0.1\nnameserver ::1 ; second\nnameserver nonsense\n\
             search a.example b.example\noptions ndots:2 timeout:3 attempts:99 rotate\n",
        );
        assert_eq!(found.servers, ["10.0.0.1:53".parse().unwrap(), "[::1]:53".parse().unwrap()]);
        assert_eq!(found.search, ["a.example", "b.example"]);
        assert_eq!((found.ndots, found.timeout.as_secs(), found.attempts), (2, 3, 5));
        assert!(Resolver::parse("search .\n").search.is_empty());
        assert_eq!(Resolver::parse("search a.example. .\n").search, ["a.example"]);
        let scoped = Resolver::parse("nameserver fe80::1%7\n").servers;
        assert_eq!(scoped, ["[fe80::1%7]:53".parse().unwrap()]);
        assert_eq!(Resolver::parse("").servers, ["127.0.0.1:53".parse().unwrap()]);
    }

    #[test]
    fn reads_the_hosts() {
        let text = "127.0.0.1 localhost\n::1 localhost # both\n10.0.0.7  Db db.example\nbad line\n";
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(hosts(text, "localhost"), [ip("127.0.0.1"), ip("::1")]);
        assert_eq!(hosts(text, "DB"), [ip("10.0.0.7")]);
        assert!(hosts(text, "db.exampl").is_empty());
    }
}
