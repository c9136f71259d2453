//! The modules of a crate and the arrows between them, read from its sources.
//!
//! Promise: every path that leads from a module to another of the same crate is an arrow, however
//! it is written: in a `use`, in the middle of an expression, inside a macro call, through `crate`,
//! `self`, `super` or a child's name. It leads to the deepest module on the path: `use super::x::Y`
//! points to `x`, not to the parent on the way. Left out: what only tests see (`#[cfg(test)]`), the
//! paths in visibilities, and `$crate` in macros, which is spoken elsewhere.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// A module's path within its crate; the root is empty.
pub(crate) type Name = Vec<String>;

/// The modules of one crate.
#[derive(Default)]
pub(crate) struct Graph {
    pub(crate) modules: BTreeMap<Name, Vec<Arrow>>,
}

/// One place where a module names another.
#[derive(Clone, Debug)]
pub(crate) struct Arrow {
    pub(crate) to: Name,
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A path as written, before it is known where it leads.
struct Mention {
    from: Name,
    path: Vec<String>,
    file: PathBuf,
    line: usize,
    text: String,
}

impl Graph {
    /// Reads the crate whose root file is `root`; `read` gives the text of a file, if there is one.
    pub(crate) fn read(
        root: &Path,
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> Result<Graph, String> {
        let mut reader = Reader { read, graph: Graph::default(), mentions: Vec::new() };
        reader.file(root, root.parent().unwrap_or(Path::new("")), Name::new())?;
        let Reader { mut graph, mentions, .. } = reader;
        for Mention { from, path, file, line, text } in mentions {
            if let Some(to) = graph.resolve(&from, &path).filter(|to| *to != from) {
                graph.modules.entry(from).or_default().push(Arrow { to, file, line, text });
            }
        }
        Ok(graph)
    }

    /// The deepest module on a path spoken in `from`; `None` when it leads out of the crate.
    fn resolve(&self, from: &Name, path: &[String]) -> Option<Name> {
        let mut module = from.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => (module, rest) = (Name::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {
                while let Some("super") = rest.first().map(String::as_str) {
                    module.pop()?;
                    rest = &rest[1..];
                }
            }
            child => {
                let child: Name = from.iter().cloned().chain([child.to_owned()]).collect();
                if !self.modules.contains_key(&child) {
                    return None; // another crate, or something in scope
                }
            }
        }
        for segment in rest {
            module.push(segment.clone());
            if !self.modules.contains_key(&module) {
                module.pop();
                break;
            }
        }
        Some(module)
    }
}

struct Reader<'a> {
    read: &'a dyn Fn(&Path) -> Option<String>,
    graph: Graph,
    mentions: Vec<Mention>,
}

impl Reader<'_> {
    /// Reads one file, whose child modules lie in `children`.
    fn file(&mut self, file: &Path, children: &Path, module: Name) -> Result<(), String> {
        let text = (self.read)(file).ok_or_else(|| format!("{} cannot be read", file.display()))?;
        let parsed =
            syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        let lines: Vec<&str> = text.lines().collect();
        self.items(&parsed.items, At { file, lines: &lines, children, module })
    }

    fn items(&mut self, items: &[syn::Item], at: At<'_>) -> Result<(), String> {
        self.graph.modules.entry(at.module.clone()).or_default();
        for item in items {
            match item {
                syn::Item::Mod(item) if only_for_tests(&item.attrs) => {}
                syn::Item::Mod(item) => self.module(item, &at)?,
                item => Mentions { at: &at, found: &mut self.mentions }.visit_item(item),
            }
        }
        Ok(())
    }

    fn module(&mut self, item: &syn::ItemMod, at: &At<'_>) -> Result<(), String> {
        let name = item.ident.to_string();
        let module: Name = at.module.iter().cloned().chain([name.clone()]).collect();
        let own = at.children.join(&name);
        if let Some((_, items)) = &item.content {
            return self.items(items, At { children: &own, module, ..*at });
        }
        if let Some(path) = path_attribute(&item.attrs) {
            let file = at.file.parent().unwrap_or(Path::new("")).join(path);
            return self.file(&file, file.parent().unwrap_or(Path::new("")), module);
        }
        let beside = at.children.join(format!("{name}.rs"));
        let file = if (self.read)(&beside).is_some() { beside } else { own.join("mod.rs") };
        self.file(&file, &own, module)
    }
}

/// Where we are: the file, its lines, where its child modules lie, which module it is.
struct At<'a> {
    file: &'a Path,
    lines: &'a [&'a str],
    children: &'a Path,
    module: Name,
}

/// Collects the paths mentioned in an item.
struct Mentions<'a> {
    at: &'a At<'a>,
    found: &'a mut Vec<Mention>,
}

impl Mentions<'_> {
    fn push(&mut self, path: Vec<String>, line: usize) {
        let text = self.at.lines.get(line - 1).map_or("", |line| line.trim());
        self.found.push(Mention {
            from: self.at.module.clone(),
            path,
            file: self.at.file.to_owned(),
            line,
            text: text.to_owned(),
        });
    }

    fn use_tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let longer = |ident: &syn::Ident| {
            let mut path = before.to_vec();
            path.push(ident.to_string());
            path
        };
        match tree {
            syn::UseTree::Path(tree) => self.use_tree(&tree.tree, &longer(&tree.ident)),
            syn::UseTree::Name(name) if name.ident == "self" => {
                self.push(before.to_vec(), name.ident.span().start().line);
            }
            syn::UseTree::Name(name) => {
                self.push(longer(&name.ident), name.ident.span().start().line)
            }
            syn::UseTree::Rename(name) => {
                self.push(longer(&name.ident), name.ident.span().start().line);
            }
            syn::UseTree::Glob(glob) => {
                self.push(before.to_vec(), glob.star_token.spans[0].start().line);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(tree, before);
                }
            }
        }
    }

    /// Paths among the tokens of a macro call: names joined by `::`, not after `$` or `::`.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let colons = |at: usize| {
            let colon =
                |at| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
            colon(at) && colon(at + 1)
        };
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(first) if colons(at + 1) => {
                    let line = first.span().start().line;
                    let foreign = match at.checked_sub(1).map(|before| &tokens[before]) {
                        Some(TokenTree::Punct(punct)) if punct.as_char() == '$' => true,
                        Some(TokenTree::Punct(_)) => at >= 2 && colons(at - 2),
                        _ => false,
                    };
                    let mut path = vec![first.to_string()];
                    while let (true, Some(TokenTree::Ident(next))) =
                        (colons(at + 1), tokens.get(at + 3))
                    {
                        path.push(next.to_string());
                        at += 3;
                    }
                    if !foreign {
                        self.push(path, line);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Mentions<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !only_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !only_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.use_tree(&item.tree, &[]);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            let line = path.segments[0].ident.span().start().line;
            self.push(
                path.segments.iter().map(|segment| segment.ident.to_string()).collect(),
                line,
            );
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.visit_path(&mac.path);
        self.tokens(mac.tokens.clone());
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    use syn::Item::*;
    match item {
        Const(syn::ItemConst { attrs, .. })
        | Enum(syn::ItemEnum { attrs, .. })
        | ExternCrate(syn::ItemExternCrate { attrs, .. })
        | Fn(syn::ItemFn { attrs, .. })
        | ForeignMod(syn::ItemForeignMod { attrs, .. })
        | Impl(syn::ItemImpl { attrs, .. })
        | Macro(syn::ItemMacro { attrs, .. })
        | Mod(syn::ItemMod { attrs, .. })
        | Static(syn::ItemStatic { attrs, .. })
        | Struct(syn::ItemStruct { attrs, .. })
        | Trait(syn::ItemTrait { attrs, .. })
        | TraitAlias(syn::ItemTraitAlias { attrs, .. })
        | Type(syn::ItemType { attrs, .. })
        | Union(syn::ItemUnion { attrs, .. })
        | Use(syn::ItemUse { attrs, .. }) => attrs,
        _ => &[],
    }
}

/// Whether the attributes let an item exist in test builds only.
fn only_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Meta>().is_ok_and(|meta| needs_test(&meta))
    })
}

fn needs_test(condition: &syn::Meta) -> bool {
    let inner = |list: &syn::MetaList| -> Vec<syn::Meta> {
        let parser = syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
        list.parse_args_with(parser).map(|list| list.into_iter().collect()).unwrap_or_default()
    };
    match condition {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) if list.path.is_ident("all") => inner(list).iter().any(needs_test),
        syn::Meta::List(list) if list.path.is_ident("any") => inner(list).iter().all(needs_test),
        _ => false,
    }
}

/// The file that `#[path = ".."]` names.
fn path_attribute(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    })
}
