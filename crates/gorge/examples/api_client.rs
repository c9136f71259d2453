//! A client of a service that allows so many requests a second, fails at times and is asked by many at once: a
//! limiter, retries that wait longer each time, one request for all who ask the same, a deadline around it all.
//!
//! `cargo run --release -p gorge --example api_client`

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gorge::context::{self, Context, ContextError};
use gorge::group::{Flight, Group, Limit, Limiter};

#[derive(Clone, Debug, PartialEq)]
enum Failed {
    NotFound,
    TooManyAttempts,
    Ended(ContextError),
}

type Answer = Result<String, Failed>;

struct Client {
    limiter: Limiter,
    flight: Flight<String, Answer>,
    requests: AtomicU32,
}

impl Client {
    /// What the service says about `key`; who asks while somebody else does gets the same answer.
    fn get(&self, ctx: &Context, key: &str) -> Answer {
        self.flight.do_(key.to_owned(), || self.with_retries(ctx, key)).0
    }

    fn with_retries(&self, ctx: &Context, key: &str) -> Answer {
        let mut wait = Duration::from_millis(2);
        for _ in 0..5 {
            self.limiter.wait(ctx).map_err(|_| Failed::Ended(ContextError::DeadlineExceeded))?;
            match self.request(ctx, key) {
                Err(None) => ctx.sleep(wait).map_err(Failed::Ended)?,
                Err(Some(failed)) => return Err(failed),
                Ok(answer) => return Ok(answer),
            }
            wait *= 2;
        }
        Err(Failed::TooManyAttempts)
    }

    /// Stands for a request over the network. `Err(None)` may be tried again.
    fn request(&self, ctx: &Context, key: &str) -> Result<String, Option<Failed>> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        ctx.sleep(Duration::from_millis(3)).map_err(|end| Some(Failed::Ended(end)))?;
        match key {
            "missing" => Err(Some(Failed::NotFound)),
            _ if number.is_multiple_of(5) => Err(None),
            _ => Ok(format!("all about {key}")),
        }
    }
}

#[gorge::main]
fn main() {
    let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_secs(30));
    let _cancel = cancel.guard();
    let limiter = Limiter::new(Limit::per_second(200), 5);
    let client = Client { limiter, flight: Flight::new(), requests: AtomicU32::new(0) };
    let client = Arc::new(client);
    let group = Group::<Failed>::new();
    for n in 0..40 {
        let (ctx, client) = (ctx.clone(), client.clone());
        group.go(move || {
            match client.get(&ctx, ["north", "east", "south", "west", "missing"][n % 5]) {
                Err(Failed::NotFound) => Ok(()),
                other => other.map(drop),
            }
        });
    }
    let outcome = group.wait();
    let requests = client.requests.load(Ordering::Relaxed);
    println!("40 questions, {requests} requests: {outcome:?}");
}
