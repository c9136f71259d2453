//! `#[main]` and `#[test]`: a function whose body runs on a goroutine.
//!
//! ```text
//!   #[gorge::main]                     fn main() -> ExitCode {
//!   fn main() -> R { body }     ==>        fn main() -> R { body }
//!                                          ::gorge::__private::run_main(|| main().report())
//!                                      }
//! ```
//!
//! The result is turned into an exit code on the goroutine, because it need
//! not be `Send`, as `Box<dyn Error>` is not.

mod arguments;

use arguments::Way;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{AttrStyle, Attribute, Error, ItemFn, Result, ReturnType, Visibility};

pub(crate) fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    try_main(arguments, item).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        // With a stand-in, so that nothing else is reported.
        quote!(#error fn main() {})
    })
}

pub(crate) fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    try_test(arguments, item).unwrap_or_else(Error::into_compile_error)
}

fn try_main(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`#[gorge::main]` takes no arguments"));
    }
    let function = checked("#[gorge::main]", item)?;
    if function.sig.ident != "main" {
        let message = "`#[gorge::main]` is for the function `main`";
        return Err(Error::new_spanned(&function.sig.ident, message));
    }
    Ok(wrapped(function, quote!(), quote!(::gorge::__private::run_main)))
}

fn try_test(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let way = Way::parse(arguments)?;
    let function = checked("#[gorge::test]", item)?;
    if let Some(attribute) = function.attrs.iter().find(|a| a.path().is_ident("test")) {
        let message = "`#[gorge::test]` already makes a `#[test]`; remove this one";
        return Err(Error::new_spanned(attribute, message));
    }
    let attribute = quote!(#[::core::prelude::v1::test]);
    Ok(match way {
        Way::Plain { may_leave: true } => wrapped(function, attribute, quote!(::gorge::run)),
        Way::Plain { may_leave: false } => {
            wrapped(function, attribute, quote!(::gorge::__private::run_test))
        }
        Way::VirtualTime => wrapped(function, attribute, quote!(::gorge::testing::bubble)),
        Way::Explore(calls) => explored(function, attribute, calls),
    })
}

/// `function` with its body run with many schedules. (Whatever it returns is looked
/// at in each of them, so outside there is no result.)
fn explored(function: ItemFn, attribute: TokenStream, calls: TokenStream) -> TokenStream {
    let (attrs, vis, function) = parts(function);
    let name = &function.sig.ident;
    quote! {
        #attribute
        #(#attrs)*
        #vis fn #name() {
            #function
            ::gorge::testing::explore()
                #calls
                .name(::gorge::__private::test_name(::core::module_path!(), ::core::stringify!(#name)))
                .run(|| ::gorge::__private::Verdict::check(#name()));
        }
    }
}

/// The function, if it is of the shape that a goroutine can start with.
fn checked(name: &str, item: TokenStream) -> Result<ItemFn> {
    let function: ItemFn = syn::parse2(item).map_err(|error| {
        let message = format!("`{name}` is for functions: {error}");
        Error::new(error.span(), message)
    })?;
    let signature = &function.sig;
    let misuse: Option<(&dyn ToTokens, &str)> = if let Some(token) = &signature.asyncness {
        Some((token, "a goroutine runs plain blocking code: remove `async`, and each `.await`"))
    } else if let Some(token) = &signature.constness {
        Some((token, "this function cannot be `const`"))
    } else if !signature.inputs.is_empty() {
        Some((&signature.inputs, "this function takes no arguments"))
    } else if !signature.generics.params.is_empty() {
        Some((&signature.generics, "this function takes no generic parameters"))
    } else if let Some(token) = &signature.variadic {
        Some((token, "this function takes no arguments"))
    } else {
        None
    };
    match misuse {
        Some((token, message)) => Err(Error::new_spanned(token, format!("`{name}`: {message}"))),
        None => Ok(function),
    }
}

/// Attributes and visibility, which belong outside, and the function, with the attributes that stand in its body.
fn parts(mut function: ItemFn) -> (Vec<Attribute>, Visibility, ItemFn) {
    let is_outer = |attribute: &Attribute| matches!(attribute.style, AttrStyle::Outer);
    let (outer, inner) = function.attrs.into_iter().partition(is_outer);
    function.attrs = inner;
    let visibility = std::mem::replace(&mut function.vis, Visibility::Inherited);
    (outer, visibility, function)
}

/// `function` with its body run by `run`.
fn wrapped(function: ItemFn, attribute: TokenStream, run: TokenStream) -> TokenStream {
    let (attrs, vis, function) = parts(function);
    let (name, output) = (&function.sig.ident, &function.sig.output);
    // Without a result the outside has none either: `#[should_panic]` wants it so.
    let (outside, body) = match output {
        ReturnType::Default => (quote!(), quote!(#name)),
        ReturnType::Type(..) => (
            quote!(-> ::std::process::ExitCode),
            quote!(|| ::std::process::Termination::report(#name())),
        ),
    };
    quote! {
        #attribute
        #(#attrs)*
        #vis fn #name() #outside {
            #function
            #run(#body)
        }
    }
}
