//! What may stand in the brackets of `#[gorge::test(..)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, Meta, Result, Token};

/// How a test is run.
pub(super) enum Way {
    /// On goroutines; those it starts must end, unless they may be left.
    Plain { may_leave: bool },
    /// In a bubble.
    VirtualTime,
    /// Again and again: the calls that say how.
    Explore(TokenStream),
}

const KNOWN: &str = "`#[gorge::test]` knows `virtual_time`, `may_leave`, `explore`, `explore = schedules` and \
     `explore(..)`";
const IN_EXPLORE: &str = "`explore(..)` knows `schedules = n`, `random = n`, `pct = depth`, `exhaustive`, \
     `preemptions = n`, `seed = n`, `steps = n`, `early_timers = n`, `races = false` and `seconds = n`";

impl Way {
    pub(super) fn parse(arguments: TokenStream) -> Result<Way> {
        let list = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(arguments)?;
        let mut way = Way::Plain { may_leave: false };
        for (nth, meta) in list.iter().enumerate() {
            if nth > 0 {
                return Err(Error::new(meta.span(), "`#[gorge::test]` takes one argument at most"));
            }
            way = match meta {
                Meta::Path(path) if path.is_ident("virtual_time") => Way::VirtualTime,
                Meta::Path(path) if path.is_ident("may_leave") => Way::Plain { may_leave: true },
                Meta::Path(path) if path.is_ident("explore") => Way::Explore(quote!()),
                Meta::NameValue(pair) if pair.path.is_ident("explore") => {
                    let schedules = &pair.value;
                    Way::Explore(quote!(.schedules(#schedules)))
                }
                Meta::List(list) if list.path.is_ident("explore") => {
                    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
                    explore(&list.parse_args_with(parser)?)?
                }
                other => return Err(Error::new(other.span(), KNOWN)),
            };
        }
        Ok(way)
    }
}

fn explore(arguments: &Punctuated<Meta, Token![,]>) -> Result<Way> {
    let mut calls = TokenStream::new();
    let mut plan: Option<&Meta> = None;
    let mut schedules: Option<&Expr> = None;
    let mut depth: Option<&Expr> = None;
    for meta in arguments {
        let name = meta.path().get_ident().map(ToString::to_string).unwrap_or_default();
        let is_plan = matches!(&*name, "random" | "pct" | "exhaustive" | "preemptions");
        if is_plan && let Some(other) = plan.replace(meta) {
            let other = other.path().get_ident().expect("a plan is a word");
            let message =
                format!("one of `{name}` and `{other}`: each says which schedules are tried");
            return Err(Error::new(meta.span(), message));
        }
        match (&*name, meta) {
            ("exhaustive", Meta::Path(_)) => calls.extend(quote!(.exhaustive())),
            ("schedules", Meta::NameValue(pair)) => schedules = Some(&pair.value),
            ("pct", Meta::NameValue(pair)) => depth = Some(&pair.value),
            ("seconds", Meta::NameValue(pair)) => {
                let value = &pair.value;
                calls.extend(quote!(.within(::core::time::Duration::from_secs(#value))));
            }
            (
                "random" | "preemptions" | "seed" | "steps" | "early_timers" | "races",
                Meta::NameValue(pair),
            ) => {
                let (method, value) = (&pair.path, &pair.value);
                calls.extend(quote!(.#method(#value)));
            }
            _ => return Err(Error::new(meta.span(), IN_EXPLORE)),
        }
    }
    match (schedules, depth, plan) {
        (Some(n), Some(depth), _) => calls.extend(quote!(.pct(#depth, #n))),
        (None, Some(depth), _) => calls.extend(quote!(.pct(#depth, 1000))),
        (Some(n), None, None) => calls.extend(quote!(.schedules(#n))),
        (Some(n), None, Some(plan)) => {
            let plan = plan.path().get_ident().expect("a plan is a word");
            let message =
                format!("`schedules` does not go with `{plan}`, which says how many there are");
            return Err(Error::new(n.span(), message));
        }
        (None, None, _) => {}
    }
    Ok(Way::Explore(calls))
}
