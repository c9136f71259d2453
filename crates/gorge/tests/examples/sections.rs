//! The functions that users can call, and what their documentation has to say of them.
//!
//! What is looked at, exactly:
//! - `# Errors`: the function returns a `Result`, or an `Option` of one.
//! - `# Panics`: its body, or that of a function of the same file which it calls by name, has a
//!   `panic!`, an `assert!` of some kind, or passes a panic on (`raise`, `resume_unwind`).
//! - `# Blocking`: it has one of the names of [`WAITS`], and is not one of [`NEVER_WAIT`], or
//!   its body, or that of a function of the same file which it calls by name, parks.
//!
//! What other files do on behalf of a function is not seen.

use std::collections::{HashMap, HashSet};

use syn::visit::Visit;
use syn::{Attribute, Block, ReturnType, Signature, Type};

use crate::items::{left_out, public};

/// A section of a documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Blocking,
    Panics,
    Errors,
}

/// Names of what waits for others; also with `_timeout`, `_deadline`, `_ctx`, `_until`, `_while` and `_async` behind it.
const WAITS: [&str; 26] = [
    "accept",
    "acquire",
    "acquire_many",
    "call_once",
    "connect",
    "dial",
    "force",
    "get_or_init",
    "join",
    "lock",
    "lookup_host",
    "next",
    "output",
    "peek_from",
    "read",
    "recv",
    "recv_from",
    "recv_ok",
    "send",
    "send_to",
    "sleep",
    "status",
    "upgrade",
    "wait",
    "write",
    "wait_with_output",
];

const ENDINGS: [&str; 8] = ["", "_timeout", "_deadline", "_ctx", "_until", "_while", "_in", "_all"];

/// What has one of the names and waits for nobody: a case of a list, an option, an address to be set.
const NEVER_WAIT: [&str; 8] = [
    "Fd::read_timeout",
    "Fd::write_timeout",
    "OpenOptions::read",
    "OpenOptions::write",
    "Select::recv",
    "Select::send",
    "UdpSocket::connect",
    "UnixDatagram::connect",
];

/// What passes on panics of the arms that other methods give it, and has none of its own.
const NEVER_PANICS: [&str; 5] = [
    "Condvar::wait",
    "Condvar::wait_deadline",
    "Condvar::wait_timeout",
    "Condvar::wait_while",
    "Condvar::wait_while_until",
];

/// A public function and the sections that it lacks.
#[derive(Debug)]
pub(crate) struct Lacking {
    pub(crate) told: String,
    pub(crate) line: usize,
    pub(crate) sections: Vec<Section>,
}

/// What the functions of a file do, by their names; those of the same name together.
#[derive(Default)]
struct Bodies {
    calls: HashMap<String, HashSet<String>>,
    panics: HashSet<String>,
    parks: HashSet<String>,
}

impl Bodies {
    /// Whether a function is among `these`, or calls one that is.
    fn reaches(&self, name: &str, these: &HashSet<String>) -> bool {
        let (mut ahead, mut seen) = (vec![name.to_owned()], HashSet::new());
        while let Some(name) = ahead.pop() {
            if these.contains(&name) {
                return true;
            }
            if let Some(calls) = self.calls.get(&name)
                && seen.insert(name)
            {
                ahead.extend(calls.iter().cloned());
            }
        }
        false
    }

    fn add(&mut self, owner: &str, name: &str, block: &Block) {
        let key = format!("{owner}::{name}");
        let mut body =
            Body { owner: owner.to_owned(), calls: HashSet::new(), panics: false, parks: false };
        body.visit_block(block);
        self.calls.entry(key.clone()).or_default().extend(body.calls);
        if body.panics {
            self.panics.insert(key.clone());
        }
        if body.parks {
            self.parks.insert(key);
        }
    }
}

struct Body {
    owner: String,
    calls: HashSet<String>,
    panics: bool,
    parks: bool,
}

impl<'f> Visit<'f> for Body {
    fn visit_macro(&mut self, call: &'f syn::Macro) {
        let name = call.path.segments.last().map(|last| last.ident.to_string());
        let name = name.as_deref().unwrap_or_default();
        self.panics |= ["panic", "assert", "assert_eq", "assert_ne"].contains(&name);
        self.parks |= name == "select";
    }

    fn visit_expr_call(&mut self, call: &'f syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
        {
            let name = last.ident.to_string();
            self.panics |= name == "resume_unwind" || path.path.is_ident("raise");
            self.parks |= name == "park";
            let before = path.path.segments.iter().rev().nth(1).map(|s| s.ident.to_string());
            let owner = match before.as_deref() {
                None => "",
                Some("Self") => &self.owner,
                Some(other) => other,
            };
            self.calls.insert(format!("{owner}::{name}"));
        }
        syn::visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'f syn::ExprMethodCall) {
        let name = call.method.to_string();
        self.parks |= name == "park";
        if let syn::Expr::Path(path) = &*call.receiver
            && path.path.is_ident("self")
        {
            self.calls.insert(format!("{}::{name}", self.owner));
        }
        syn::visit::visit_expr_method_call(self, call);
    }
}

/// The functions of a file that lack a section.
pub(crate) fn lacking(file: &syn::File) -> (usize, Vec<Lacking>) {
    let mut all = All::default();
    all.visit_file(file);
    let number = all.functions.len();
    let lacking = all.functions.into_iter().filter_map(|function| {
        let key = format!("{}::{}", function.owner, function.name);
        let asked = [
            (Section::Blocking, waits(&function) || all.bodies.reaches(&key, &all.bodies.parks)),
            (
                Section::Panics,
                all.bodies.reaches(&key, &all.bodies.panics)
                    && !NEVER_PANICS.contains(&function.told().as_str()),
            ),
            (Section::Errors, function.fails),
        ];
        let has = |section: &Section| {
            function.docs.lines().any(|line| line.trim() == format!("# {section:?}"))
        };
        let sections: Vec<Section> = asked
            .into_iter()
            .filter(|(section, needed)| *needed && !has(section))
            .map(|(section, _)| section)
            .collect();
        (!sections.is_empty()).then(|| Lacking {
            told: function.told(),
            line: function.line,
            sections,
        })
    });
    (number, lacking.collect())
}

fn waits(function: &Function) -> bool {
    let by_name = WAITS.iter().any(|verb| {
        function.name.strip_prefix(verb).is_some_and(|ending| ENDINGS.contains(&ending))
    });
    by_name && !NEVER_WAIT.contains(&function.told().as_str())
}

struct Function {
    owner: String,
    name: String,
    line: usize,
    docs: String,
    fails: bool,
}

impl Function {
    fn told(&self) -> String {
        match self.owner.as_str() {
            "" => self.name.clone(),
            owner => format!("{owner}::{}", self.name),
        }
    }
}

#[derive(Default)]
struct All {
    functions: Vec<Function>,
    bodies: Bodies,
}

impl All {
    fn add(&mut self, owner: &str, sig: &Signature, attributes: &[Attribute]) {
        if left_out(attributes) {
            return;
        }
        self.functions.push(Function {
            owner: owner.to_owned(),
            name: sig.ident.to_string(),
            line: sig.ident.span().start().line,
            docs: docs(attributes),
            fails: matches!(&sig.output, ReturnType::Type(_, kind) if is_result(kind)),
        });
    }
}

impl<'f> Visit<'f> for All {
    fn visit_item_mod(&mut self, item: &'f syn::ItemMod) {
        if !left_out(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'f syn::ItemFn) {
        self.bodies.add("", &item.sig.ident.to_string(), &item.block);
        if public(&item.vis) {
            self.add("", &item.sig, &item.attrs);
        }
    }

    fn visit_item_trait(&mut self, item: &'f syn::ItemTrait) {
        if !public(&item.vis) || left_out(&item.attrs) || item.unsafety.is_some() {
            return;
        }
        for method in &item.items {
            if let syn::TraitItem::Fn(method) = method {
                self.add(&item.ident.to_string(), &method.sig, &method.attrs);
            }
        }
    }

    fn visit_item_impl(&mut self, item: &'f syn::ItemImpl) {
        let Type::Path(of) = &*item.self_ty else { return };
        let Some(owner) = of.path.segments.last().map(|last| last.ident.to_string()) else {
            return;
        };
        for method in &item.items {
            if let syn::ImplItem::Fn(method) = method {
                self.bodies.add(&owner, &method.sig.ident.to_string(), &method.block);
                if item.trait_.is_none() && public(&method.vis) && !left_out(&item.attrs) {
                    self.add(&owner, &method.sig, &method.attrs);
                }
            }
        }
    }
}

fn is_result(kind: &Type) -> bool {
    let Type::Path(path) = kind else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    last.ident == "Result"
        || last.ident == "Option"
            && matches!(&last.arguments, syn::PathArguments::AngleBracketed(inner)
                if inner.args.iter().any(|one| matches!(one, syn::GenericArgument::Type(kind) if is_result(kind))))
}

fn docs(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        if let syn::Meta::NameValue(pair) = &attribute.meta
            && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) = &pair.value
        {
            text.push_str(&line.value());
            text.push('\n');
        }
    }
    text
}
