//! The arms of a `select!` as written.
//!
//! ```text
//!   select  = [ "biased" ";" ] { arm }
//!   arm     = event [ "->" pattern ] [ "," "if" condition ] "=>" body
//!   event   = "recv" "(" channel ")" | "send" "(" channel "," value ")"
//!           | "on" "(" selectable ")" | "timeout" "(" time ")" | "default"
//!   body    = block [ "," ] | expression ","     (the last comma may be missing)
//! ```
//!
//! Promise: whoever parsed a [`Select`] has one that can be expanded; every
//! mistake is reported where it is, with what is allowed there.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, Pat, Result, Token, parenthesized, token};

/// As many bits as the mask of ready arms has.
const MOST_ARMS: usize = 64;

pub(crate) struct Select {
    pub(crate) biased: bool,
    pub(crate) arms: Vec<Arm>,
    pub(crate) otherwise: Otherwise,
}

/// One operation that may happen.
pub(crate) struct Arm {
    pub(crate) event: Event,
    pub(crate) pattern: Option<Pat>,
    pub(crate) condition: Option<Expr>,
    pub(crate) body: Expr,
}

#[allow(clippy::large_enum_variant)] // a few, for the time of one expansion
pub(crate) enum Event {
    Recv { channel: Expr },
    Send { channel: Expr, value: Expr },
    On { selectable: Expr },
}

/// What is done when nothing happens.
#[allow(clippy::large_enum_variant)] // a few, for the time of one expansion
pub(crate) enum Otherwise {
    /// Wait for ever.
    Wait,
    Default(Expr),
    Timeout(Box<Timeout>),
}

pub(crate) struct Timeout {
    pub(crate) time: Expr,
    pub(crate) condition: Option<Expr>,
    pub(crate) body: Expr,
    /// How many arms are written before it, whose expressions are evaluated first.
    pub(crate) before: usize,
}

impl Otherwise {
    fn name(&self) -> Option<&'static str> {
        match self {
            Otherwise::Wait => None,
            Otherwise::Default(_) => Some("default"),
            Otherwise::Timeout(_) => Some("timeout"),
        }
    }
}

impl Parse for Select {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let biased = input.peek(biased) && input.peek2(Token![;]);
        if biased {
            input.parse::<biased>()?;
            input.parse::<Token![;]>()?;
        }
        let mut select = Select { biased, arms: Vec::new(), otherwise: Otherwise::Wait };
        while !input.is_empty() {
            select.arm(input)?;
        }
        Ok(select)
    }
}

syn::custom_keyword!(biased);

impl Select {
    fn arm(&mut self, input: ParseStream<'_>) -> Result<()> {
        let keyword = keyword(input)?;
        match keyword.to_string().as_str() {
            "recv" => {
                let [channel] = arguments(input, &keyword, ["a channel"])?;
                self.event(input, &keyword, Event::Recv { channel })
            }
            "send" => {
                let [channel, value] = arguments(input, &keyword, ["a channel", "a value"])?;
                self.event(input, &keyword, Event::Send { channel, value })
            }
            "on" => {
                let [selectable] = arguments(input, &keyword, ["a selectable"])?;
                self.event(input, &keyword, Event::On { selectable })
            }
            "timeout" => {
                self.only_one(&keyword)?;
                let [time] = arguments(input, &keyword, ["a duration or an instant"])?;
                no_pattern(input, &keyword)?;
                let condition = condition(input)?;
                let body = body(input)?;
                let before = self.arms.len();
                let timeout = Timeout { time, condition, body, before };
                self.otherwise = Otherwise::Timeout(Box::new(timeout));
                Ok(())
            }
            "default" => {
                self.only_one(&keyword)?;
                if input.peek(token::Paren) {
                    return Err(input.error("`default` takes no arguments: `default => ..`"));
                }
                no_pattern(input, &keyword)?;
                if input.peek(Token![,]) {
                    return Err(input.error("`default` takes no condition: `default => ..`"));
                }
                self.otherwise = Otherwise::Default(body(input)?);
                Ok(())
            }
            "biased" => Err(Error::new(keyword.span(), "`biased;` comes first, before all arms")),
            other if input.peek(Token![=]) && !input.peek(Token![=>]) => Err(Error::new(
                keyword.span(),
                format!("an arm begins with what it waits for: `recv(rx) -> {other} => ..`"),
            )),
            other => Err(not_an_arm(keyword.span(), &format!("`{other}`"))),
        }
    }

    fn event(&mut self, input: ParseStream<'_>, keyword: &Ident, event: Event) -> Result<()> {
        if self.arms.len() == MOST_ARMS {
            let message = format!(
                "a `select!` has at most {MOST_ARMS} arms; `gorge::select::Select` has no limit"
            );
            return Err(Error::new(keyword.span(), message));
        }
        let pattern = match input.parse::<Option<Token![->]>>()? {
            Some(_) => Some(Pat::parse_multi_with_leading_vert(input)?),
            None => None,
        };
        let condition = condition(input)?;
        let body = body(input)?;
        self.arms.push(Arm { event, pattern, condition, body });
        Ok(())
    }

    fn only_one(&self, keyword: &Ident) -> Result<()> {
        let Some(first) = self.otherwise.name() else { return Ok(()) };
        let message = if keyword == first {
            format!("a second `{first}`: a `select!` has at most one")
        } else {
            format!(
                "`{keyword}` besides `{first}`: a `select!` has at most one of the two, because \
                 with a `default` it never waits"
            )
        };
        Err(Error::new(keyword.span(), message))
    }
}

fn not_an_arm(at: Span, found: &str) -> Error {
    let message = format!("expected `recv`, `send`, `on`, `timeout` or `default`, found {found}");
    Error::new(at, message)
}

fn keyword(input: ParseStream<'_>) -> Result<Ident> {
    // `default` is an ordinary identifier; a true keyword is not.
    input.parse::<Ident>().map_err(|error| {
        let found = input.cursor().token_tree().map(|(token, _)| token.to_string());
        not_an_arm(error.span(), &format!("`{}`", found.unwrap_or_default()))
    })
}

/// The expressions in the parentheses of an arm: as many as there are names.
fn arguments<const N: usize>(
    input: ParseStream<'_>,
    keyword: &Ident,
    names: [&str; N],
) -> Result<[Expr; N]> {
    let usage = || {
        let example = match N {
            1 => format!("{keyword}(..)"),
            _ => format!("{keyword}(.., ..)"),
        };
        format!("`{keyword}` takes {}: `{example} => ..`", names.join(" and "))
    };
    if !input.peek(token::Paren) {
        return Err(Error::new(keyword.span(), usage()));
    }
    let inside;
    let parentheses = parenthesized!(inside in input);
    let found: Vec<Expr> = inside.parse_terminated(Expr::parse, Token![,])?.into_iter().collect();
    let too_many = found.get(N).map(syn::spanned::Spanned::span);
    found
        .try_into()
        .map_err(|_| Error::new(too_many.unwrap_or_else(|| parentheses.span.join()), usage()))
}

fn no_pattern(input: ParseStream<'_>, keyword: &Ident) -> Result<()> {
    if input.peek(Token![->]) {
        return Err(input.error(format!("`{keyword}` gives no value: remove `-> ..`")));
    }
    Ok(())
}

/// `, if condition`, if it is there.
fn condition(input: ParseStream<'_>) -> Result<Option<Expr>> {
    if input.peek(Token![if]) {
        return Err(input.error("expected a comma before the condition: `, if ..`"));
    }
    if !input.peek(Token![,]) {
        return Ok(None);
    }
    input.parse::<Token![,]>()?;
    if !input.peek(Token![if]) {
        return Err(
            input.error("expected `if` and a condition after this comma, or `=>` before it")
        );
    }
    input.parse::<Token![if]>()?;
    Ok(Some(input.parse()?))
}

/// `=> body`, with the comma that ends it.
fn body(input: ParseStream<'_>) -> Result<Expr> {
    if !input.peek(Token![=>]) {
        return Err(input.error("expected `=>` and the body of the arm"));
    }
    input.parse::<Token![=>]>()?;
    if input.is_empty() {
        return Err(input.error("expected the body of the arm"));
    }
    // As in `match`: after a block the expression ends, so that the next arm
    // may follow without a comma.
    let body = Expr::parse_with_earlier_boundary_rule(input)?;
    let comma = input.parse::<Option<Token![,]>>()?;
    if comma.is_none() && !input.is_empty() && needs_comma(&body) {
        return Err(input.error("expected a comma after the body of an arm"));
    }
    Ok(body)
}

/// Whether an arm with this body needs a comma before the next one.
fn needs_comma(body: &Expr) -> bool {
    !matches!(
        body,
        Expr::Block(_)
            | Expr::If(_)
            | Expr::Match(_)
            | Expr::Unsafe(_)
            | Expr::While(_)
            | Expr::Loop(_)
            | Expr::ForLoop(_)
            | Expr::TryBlock(_)
            | Expr::Const(_)
    )
}
