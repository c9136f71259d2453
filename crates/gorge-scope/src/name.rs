//! Function names as people write them.
//!
//! Promise: whichever way the compiler mangles symbols, one function has one
//! readable name in a dump. The symbol's hash, generic arguments and the
//! numbers of closures are left out (the line below the name tells them
//! apart):
//!
//! | demangled | in a dump |
//! |---|---|
//! | `app::main::{{closure}}`, `app::main::{closure#0}` | `app::main::{closure}` |
//! | `app::fetch::<alloc::string::String>` | `app::fetch` |
//! | `<app::Server<T>>::run`, `app::Server<T>::run` | `app::Server::run` |
//! | `<app::Rx<T> as core::iter::Iterator>::next` | `<app::Rx as core::iter::Iterator>::next` |
//!
//! Rejected: Go's `main.func1`. Its number counts closures in the order of the
//! source, which one of the two manglings does not record.

/// The readable form of a demangled name (without hash).
pub(crate) fn tidy(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    path(name, &mut out);
    out
}

/// Appends the readable form of a path.
fn path(name: &str, out: &mut String) {
    let mut rest = name;
    // A self type in front: `<X>::f` or `<X as Trait>::f`.
    if name.starts_with('<')
        && let Some(end) = closing(name)
    {
        let inner = &name[1..end];
        if split_as(inner).is_some() {
            out.push('<');
            types(inner, out);
            out.push('>');
        } else {
            types(inner, out);
        }
        rest = &name[end + 1..];
    }
    while let Some(c) = rest.chars().next() {
        match c {
            '<' => {
                let end = closing(rest).unwrap_or(rest.len() - 1);
                if out.ends_with("::") {
                    out.truncate(out.len() - 2);
                }
                rest = &rest[end + 1..];
            }
            '{' => {
                let end = rest.find('}').map_or(rest.len(), |at| at + 1);
                let end = end + usize::from(rest[end..].starts_with('}'));
                let inside = rest[..end].trim_matches(['{', '}']);
                out.push('{');
                out.push_str(inside.split('#').next().unwrap_or(inside));
                out.push('}');
                rest = &rest[end..];
            }
            _ => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
}

/// Appends the readable form of `X` or `X as Y`.
fn types(inner: &str, out: &mut String) {
    match split_as(inner) {
        Some((this, of)) => {
            path(this, out);
            out.push_str(" as ");
            path(of, out);
        }
        None => path(inner, out),
    }
}

/// Where the `<` at the start of `text` is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            // Not the arrow of a function's type.
            '>' if before != '-' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        before = c;
    }
    None
}

/// Splits `X as Y` at the outermost ` as `.
fn split_as(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && text[at..].starts_with(" as ") => {
                return Some((&text[..at], &text[at + 4..]));
            }
            _ => {}
        }
        before = c;
    }
    None
}

/// The crate a (tidy) name belongs to: that of the self type, for a method of
/// a trait. `None` for a name without a path, which is not Rust's.
pub(crate) fn crate_of(name: &str) -> Option<&str> {
    let name = name.trim_start_matches(['<', '&', '*', '(', '[']);
    let name = ["mut ", "const ", "dyn ", "impl "]
        .iter()
        .fold(name, |name, prefix| name.strip_prefix(prefix).unwrap_or(name));
    name.split_once("::").map(|(krate, _)| krate)
}

/// Whether a crate is one of Gorge's own.
pub(crate) fn is_gorge(krate: &str) -> bool {
    matches!(
        krate,
        "gorge"
            | "gorge_base"
            | "gorge_sys"
            | "gorge_coro"
            | "gorge_sched"
            | "gorge_sync"
            | "gorge_flow"
            | "gorge_net"
            | "gorge_os"
            | "gorge_async"
            | "gorge_check"
            | "gorge_scope"
    )
}

/// The function in which a closure was written, from the name of the closure's
/// type: who says `go(|| ..)`. Where the runtime or the library has wrapped the user's closure,
/// the wrapper names it among its type arguments. `None` for a named function, since its name says
/// nothing about who started it.
pub(crate) fn creator(type_name: &str) -> Option<String> {
    const CLOSURE: &str = "::{{closure}}";
    let ours = |name: &str| crate_of(name).is_some_and(is_gorge);
    let mut candidate = type_name;
    while ours(candidate) {
        let open = candidate.find('<')?;
        candidate = candidate[open + 1..].trim_start();
    }
    // The candidate may be followed by the rest of the wrapper: `app::main::{{closure}}, T>::go..`.
    let mut depth = 0_usize;
    let end = candidate.char_indices().find_map(|(at, c)| match c {
        '<' => {
            depth += 1;
            None
        }
        '>' | ',' if depth == 0 => Some(at),
        '>' => {
            depth -= 1;
            None
        }
        _ => None,
    });
    let candidate = &candidate[..end.unwrap_or(candidate.len())];
    candidate.strip_suffix(CLOSURE).map(tidy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tidied() {
        for (demangled, readable) in [
            ("app::main::{{closure}}", "app::main::{closure}"),
            ("app::main::{closure#0}", "app::main::{closure}"),
            ("app::main::{closure#0}::{closure#12}", "app::main::{closure}::{closure}"),
            ("app::fetch::<alloc::string::String>", "app::fetch"),
            ("app::fetch::<fn(u8) -> u8>::{{closure}}", "app::fetch::{closure}"),
            ("<app::Server<T>>::run", "app::Server::run"),
            ("app::Server<T>::run", "app::Server::run"),
            (
                "<app::Rx<alloc::vec::Vec<T>> as core::iter::Iterator>::next",
                "<app::Rx as core::iter::Iterator>::next",
            ),
            ("<app::a::B as app::C<D>>::e::<F>", "<app::a::B as app::C>::e"),
            ("<F as core::ops::FnOnce<()>>::call_once", "<F as core::ops::FnOnce>::call_once"),
            ("__libc_start_main", "__libc_start_main"),
            ("app::odd<", "app::odd"),
        ] {
            assert_eq!(tidy(demangled), readable);
        }
    }

    #[test]
    fn crates_are_recognised() {
        assert_eq!(crate_of("app::main"), Some("app"));
        assert_eq!(crate_of("<app::Rx as core::iter::Iterator>::next"), Some("app"));
        assert_eq!(crate_of("<&mut app::Rx as core::iter::Iterator>::next"), Some("app"));
        assert_eq!(crate_of("<dyn core::ops::Fn as x::Y>::z"), Some("core"));
        assert_eq!(crate_of("main"), None);
    }

    #[test]
    fn every_library_of_gorge_is_known() {
        let policy = include_str!("../../../layers.dag");
        let libraries = policy
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_whitespace().nth(1))
            // Not part of running programs, or a program itself.
            .filter(|name| !["gorge-macros", "gorge-cli"].contains(name));
        for name in libraries {
            assert!(is_gorge(&name.replace('-', "_")), "{name}");
        }
    }

    #[test]
    fn the_creator_is_where_the_closure_was_written() {
        assert_eq!(creator("app::main::{{closure}}").as_deref(), Some("app::main"));
        assert_eq!(
            creator("app::main::{{closure}}::{{closure}}").as_deref(),
            Some("app::main::{closure}")
        );
        assert_eq!(
            creator("gorge_sched::scope::Scope::go<app::main::{{closure}},()>::{{closure}}")
                .as_deref(),
            Some("app::main")
        );
        assert_eq!(
            creator(
                "gorge_sync::wg::go<app::run<T>::{{closure}}, alloc::vec::Vec<u8>>::{{closure}}"
            )
            .as_deref(),
            Some("app::run")
        );
        assert_eq!(creator("app::worker"), None);
        assert_eq!(creator("gorge_sched::go::{{closure}}"), None);
    }
}
