//! A request carries who asks through all that works on it. The user and the token are
//! put in at the door; the functions in between need not know of them.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::context::{self, Context, Key};

struct UserId;
impl Key for UserId {
    type Value = &'static str;
}

struct AuthToken;
impl Key for AuthToken {
    type Value = &'static str;
}

fn process_request(user: &'static str, token: &'static str) {
    let ctx = context::with_value::<UserId>(&context::background(), user);
    let ctx = context::with_value::<AuthToken>(&ctx, token);
    handle_response(&ctx);
}

fn handle_response(ctx: &Context) {
    let (user, token) = (ctx.value::<UserId>(), ctx.value::<AuthToken>());
    println!("handling response for {} ({})", user.unwrap_or(&"-"), token.unwrap_or(&"-"));
}

fn main() {
    process_request("jane", "abc123");
}

pub(crate) const PROGRAM: Program = Program {
    name: "context-request",
    source: Source { path: file!(), text: include_str!("context_request.rs") },
    shows: "the user and the token",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["handling response for jane (abc123)"])
}
