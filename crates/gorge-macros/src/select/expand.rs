//! The arms of a `select!` as code.
//!
//! ```text
//!   {                                              // evaluated once, in the order written;
//!       let won = match (recv(&rx), timeout(d), send(&tx, v)) {   // borrowed until the choice is made
//!           (arm0, deadline, arm1) =>
//!               select_until(Cons::new(arm0, Cons::new(arm1, End)), order, deadline),
//!       };
//!       match won {                                // nothing is borrowed here any more
//!           Some(Won::Here(value)) => { let pattern0 = value; body0 }
//!           Some(Won::Next(Won::Here(value))) => { let pattern1 = value; body1 }
//!           None => body of the timeout,
//!       }
//!   }
//! ```
//!
//! All names are hygienic (`Span::mixed_site`), all paths begin at `::gorge`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Pat};

use super::parse::{Arm, Event, Otherwise, Select, Timeout};

pub(crate) fn expand(select: Select) -> TokenStream {
    let Select { biased, arms, otherwise } = select;
    if arms.is_empty() {
        match &otherwise {
            Otherwise::Wait => return quote!(::gorge::__private::select_nothing()),
            Otherwise::Default(body) => return quote!({ #body }),
            Otherwise::Timeout(_) => {}
        }
    }

    let site = Span::mixed_site();
    let won = Ident::new("won", site);
    let deadline = Ident::new("deadline", site);
    let mut names: Vec<Ident> =
        (0..arms.len()).map(|n| format_ident!("arm{n}", span = site)).collect();
    let list = names.iter().rev().fold(
        quote!(::gorge::__private::End),
        |rest, name| quote!(::gorge::__private::Cons::new(#name, #rest)),
    );
    let mut values: Vec<TokenStream> = arms.iter().map(arm).collect();

    let order = if biased { quote!(Biased) } else { quote!(Fair) };
    let order = quote!(::gorge::__private::Order::#order);
    let (choose, last) = match otherwise {
        Otherwise::Wait => (quote!(select(#list, #order)), None),
        Otherwise::Default(body) => (quote!(select_now(#list, #order)), Some(body)),
        Otherwise::Timeout(timeout) => {
            let Timeout { time, condition, body, before } = *timeout;
            names.insert(before, deadline.clone());
            values.insert(before, deadline_of(&time, condition.as_ref()));
            (quote!(select_until(#list, #order, #deadline)), Some(body))
        }
    };

    let optional = last.is_some();
    let value = Ident::new("value", site);
    let bodies = arms.iter().enumerate().map(|(number, arm)| {
        let body = &arm.body;
        // By `let`, so that a pattern that leaves something out is reported as
        // such. Without a pattern the value is dropped before the body.
        let (binding, body) = match &arm.pattern {
            None => (quote!(#value), quote!({ { let _dropped = #value; } #body })),
            Some(pattern @ Pat::Or(_)) => {
                (quote!(#value), quote!({ let (#pattern) = #value; #body }))
            }
            Some(pattern) => (quote!(#value), quote!({ let #pattern = #value; #body })),
        };
        let mut case = quote!(::gorge::__private::Won::Here(#binding));
        for _ in 0..number {
            case = quote!(::gorge::__private::Won::Next(#case));
        }
        if optional {
            case = quote!(::core::option::Option::Some(#case));
        }
        quote!(#case => #body,)
    });
    let last = last.map(|body| quote!(::core::option::Option::None => #body,));

    quote! {{
        let #won = match (#(#values,)*) {
            (#(#names,)*) => ::gorge::__private::#choose,
        };
        match #won {
            #(#bodies)*
            #last
        }
    }}
}

/// The value of one arm. Type errors are reported at the user's expression.
fn arm(arm: &Arm) -> TokenStream {
    let value = match &arm.event {
        Event::Recv { channel } => {
            quote_spanned!(at(channel) => ::gorge::__private::recv(&(#channel)))
        }
        Event::Send { channel, value } => {
            quote_spanned!(at(channel) => ::gorge::__private::send(&(#channel), #value))
        }
        Event::On { selectable } => match &arm.condition {
            Some(condition) => {
                return quote_spanned!(at(selectable) =>
                    ::gorge::__private::on_if(#selectable, #condition));
            }
            None => quote_spanned!(at(selectable) => ::gorge::__private::on(#selectable)),
        },
    };
    match &arm.condition {
        Some(condition) => quote!(#value.only_if(#condition)),
        None => value,
    }
}

fn deadline_of(time: &Expr, condition: Option<&Expr>) -> TokenStream {
    match condition {
        Some(condition) => {
            quote_spanned!(at(time) => ::gorge::__private::timeout_if(#time, #condition))
        }
        None => quote_spanned!(at(time) => ::gorge::__private::timeout(#time)),
    }
}

/// Where `expression` stands, with names resolved as the macro's own.
fn at(expression: &Expr) -> Span {
    expression.span().resolved_at(Span::mixed_site())
}
