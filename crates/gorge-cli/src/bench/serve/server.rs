//! A program that serves, as a process of its own.

use crate::bench::child;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Stdio};

/// It serves until this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Whose end tells it to end.
    stdin: Option<ChildStdin>,
    /// Where it listens.
    pub address: SocketAddr,
    /// The processors of this thread before.
    allowed: Option<CpuSet>,
}

impl Server {
    /// Starts `program` and waits until it listens.
    pub(super) fn start(program: &[OsString], kind: &str, procs: usize) -> Result<Server, String> {
        raise_descriptors();
        let mut command = child::command(program);
        command.args(["serve", kind, &procs.to_string()]);
        command.env("GOMAXPROCS", procs.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let allowed = sched_getaffinity(None).ok().filter(|_| procs == 1);
        let cpus: Vec<usize> = allowed.map_or(Vec::new(), |set| {
            (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect()
        });
        // The child inherits it.
        confine(cpus.first());
        let started = command.spawn();
        confine(cpus.get(1));
        let mut child = started.map_err(|why| format!("cannot run it: {why}"))?;
        let stdin = child.stdin.take();
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            // What it says further is of no interest.
            _ = BufReader::new(stdout).read_line(&mut line);
        }
        // From here on dropping it ends it.
        let mut server = Server { child, stdin, address: ([0; 4], 0).into(), allowed };
        server.address =
            line.trim().parse().map_err(|_| format!("not an address: {}", line.trim()))?;
        Ok(server)
    }

    /// Nanoseconds of processor time that its threads have used.
    pub(super) fn cpu(&self) -> u64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let threads = threads.into_iter().flatten().flatten();
        let used = threads.filter_map(|thread| {
            let stat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            stat.split_whitespace().next()?.parse::<u64>().ok()
        });
        used.sum()
    }

    /// The bytes of memory that it alone has. The pages of the program's file are not among them: one server is
    /// a program of its own, another one a part of a large one.
    pub(super) fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let own = status.lines().filter(|line| line.starts_with("RssAnon:"));
        let kilobytes = own.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kilobytes.sum::<u64>() * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It ends by itself; should it not, this ends it.
        _ = self.child.kill();
        _ = self.child.wait();
        if let Some(allowed) = &self.allowed {
            _ = sched_setaffinity(None, allowed);
        }
    }
}

/// Confines this thread to one processor.
fn confine(cpu: Option<&usize>) {
    if let Some(cpu) = cpu {
        let mut one = CpuSet::new();
        one.set(*cpu);
        // Without it the figures are noisier, no more.
        _ = sched_setaffinity(None, &one);
    }
}

/// As many descriptors as the system gives, here and in the server.
fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // If there are too few, connecting says so.
    _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
