//! The public items of a source file, and the code of the examples in it.

use syn::visit::Visit;
use syn::{Attribute, Visibility};

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Function,
    Type,
    Macro,
}

/// A public item.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    /// The type or trait that it belongs to.
    pub(crate) owner: Option<String>,
    pub(crate) name: String,
    pub(crate) line: usize,
    /// Whether its own documentation has an example.
    pub(crate) example: bool,
}

impl Item {
    pub(crate) fn told(&self) -> String {
        let word = match self.kind {
            Kind::Function => "fn",
            Kind::Type => "type",
            Kind::Macro => "macro",
        };
        match &self.owner {
            Some(owner) => format!("{word} {owner}::{}", self.name),
            None => format!("{word} {}", self.name),
        }
    }

    /// Whether these examples name it as a word of their code: a function with its parenthesis.
    pub(crate) fn is_shown_in(&self, examples: &str) -> bool {
        let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
        examples.match_indices(&self.name).any(|(at, _)| {
            let (before, after) = (&examples[..at], &examples[at + self.name.len()..]);
            let begins = !before.ends_with(part_of_word);
            let ends = match self.kind {
                Kind::Function => after.starts_with('(') || after.starts_with("::<"),
                Kind::Type => !after.starts_with(part_of_word),
                Kind::Macro => after.starts_with('!'),
            };
            begins && ends
        })
    }
}

/// The public items of a file, those in its modules too.
pub(crate) fn items(file: &syn::File) -> Vec<Item> {
    let mut found = Found::default();
    found.visit_file(file);
    found.0
}

/// The code of all examples in a file.
pub(crate) fn examples(file: &syn::File) -> String {
    struct Docs(String);
    impl<'f> Visit<'f> for Docs {
        fn visit_file(&mut self, file: &'f syn::File) {
            self.0.push_str(&code(&file.attrs));
            syn::visit::visit_file(self, file);
        }
        fn visit_item(&mut self, item: &'f syn::Item) {
            self.0.push_str(&code(attributes(item)));
            syn::visit::visit_item(self, item);
        }
        fn visit_impl_item_fn(&mut self, method: &'f syn::ImplItemFn) {
            self.0.push_str(&code(&method.attrs));
        }
        fn visit_trait_item_fn(&mut self, method: &'f syn::TraitItemFn) {
            self.0.push_str(&code(&method.attrs));
        }
    }
    let mut docs = Docs(String::new());
    docs.visit_file(file);
    docs.0
}

#[derive(Default)]
struct Found(Vec<Item>);

impl Found {
    fn add(
        &mut self,
        kind: Kind,
        owner: Option<&str>,
        name: &syn::Ident,
        attributes: &[Attribute],
    ) {
        if !left_out(attributes) {
            self.0.push(Item {
                kind,
                owner: owner.map(str::to_owned),
                name: name.to_string().trim_start_matches("r#").to_owned(),
                line: name.span().start().line,
                example: !code(attributes).is_empty(),
            });
        }
    }
}

impl<'f> Visit<'f> for Found {
    fn visit_item(&mut self, item: &'f syn::Item) {
        if !left_out(attributes(item)) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'f syn::ItemFn) {
        if public(&item.vis) {
            self.add(Kind::Function, None, &item.sig.ident, &item.attrs);
        }
    }

    fn visit_item_struct(&mut self, item: &'f syn::ItemStruct) {
        if public(&item.vis) {
            self.add(Kind::Type, None, &item.ident, &item.attrs);
        }
    }

    fn visit_item_enum(&mut self, item: &'f syn::ItemEnum) {
        if public(&item.vis) {
            self.add(Kind::Type, None, &item.ident, &item.attrs);
        }
    }

    fn visit_item_type(&mut self, item: &'f syn::ItemType) {
        if public(&item.vis) {
            self.add(Kind::Type, None, &item.ident, &item.attrs);
        }
    }

    fn visit_item_trait(&mut self, item: &'f syn::ItemTrait) {
        if public(&item.vis) {
            self.add(Kind::Type, None, &item.ident, &item.attrs);
            let (owner, unsafety) = (item.ident.to_string(), item.unsafety);
            for item in &item.items {
                // What an implementation must have is shown, if at all, with the trait; users do
                // not implement what is unsafe.
                if let syn::TraitItem::Fn(method) = item
                    && method.default.is_some()
                    && unsafety.is_none()
                {
                    self.add(Kind::Function, Some(&owner), &method.sig.ident, &method.attrs);
                }
            }
        }
    }

    fn visit_item_impl(&mut self, item: &'f syn::ItemImpl) {
        let syn::Type::Path(of) = &*item.self_ty else { return };
        let (None, Some(owner)) = (&item.trait_, of.path.segments.last()) else { return };
        for item in &item.items {
            if let syn::ImplItem::Fn(method) = item
                && public(&method.vis)
            {
                let owner = owner.ident.to_string();
                self.add(Kind::Function, Some(&owner), &method.sig.ident, &method.attrs);
            }
        }
    }

    fn visit_item_macro(&mut self, item: &'f syn::ItemMacro) {
        if let Some(name) = &item.ident
            && item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"))
        {
            self.add(Kind::Macro, None, name, &item.attrs);
        }
    }
}

pub(crate) fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Whether users do not see it: hidden, or for tests.
pub(crate) fn left_out(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        let words = list.tokens.to_string();
        attribute.path().is_ident("doc") && words.contains("hidden")
            || attribute.path().is_ident("cfg") && (words == "test" || words == "loom")
    })
}

/// The code of the examples in a documentation.
fn code(attributes: &[Attribute]) -> String {
    let mut code = String::new();
    let mut fence = None;
    for attribute in attributes {
        let syn::Meta::NameValue(pair) = &attribute.meta else { continue };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else {
            continue;
        };
        for line in text.value().lines() {
            match (line.trim_start().strip_prefix("```"), fence) {
                (Some(kind), None) => fence = Some(is_rust(kind)),
                (Some(_), Some(_)) => fence = None,
                (None, Some(true)) => {
                    code.push_str(line);
                    code.push('\n');
                }
                (None, _) => {}
            }
        }
    }
    code
}

/// Whether code in a fence of that kind is compiled.
fn is_rust(kind: &str) -> bool {
    kind.split(',').all(|word| {
        let known = ["", "rust", "no_run", "should_panic", "compile_fail", "edition2024"];
        known.contains(&word.trim()) || word.trim().starts_with('E')
    })
}

fn attributes(item: &syn::Item) -> &[Attribute] {
    use syn::Item::*;
    match item {
        Const(item) => &item.attrs,
        Enum(item) => &item.attrs,
        Fn(item) => &item.attrs,
        Impl(item) => &item.attrs,
        Macro(item) => &item.attrs,
        Mod(item) => &item.attrs,
        Static(item) => &item.attrs,
        Struct(item) => &item.attrs,
        Trait(item) => &item.attrs,
        Type(item) => &item.attrs,
        Use(item) => &item.attrs,
        _ => &[],
    }
}
