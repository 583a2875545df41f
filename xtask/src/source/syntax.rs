//! Reads a file into the scopes of its modules.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{
    Attribute, Expr, ImplItem, Item, ItemMod, Lit, Macro, Meta, UseTree, Visibility,
    ext::IdentExt as _,
    visit::{self, Visit},
};

use crate::source::scope::{Kind, Path, Reference, Scope};

/// The scope of a file's own module.
pub(crate) fn read(text: &str) -> syn::Result<Scope> {
    let file = syn::parse_file(text)?;
    let mut reader = Reader::default();
    reader.visit_file(&file);
    Ok(reader.scope)
}

#[derive(Default)]
struct Reader {
    scope: Scope,
    /// Whether the item that is being read is compiled for tests only.
    test: bool,
}

impl Reader {
    fn refer(&mut self, line: usize, path: Path, kind: Kind) {
        self.scope.references.push(Reference { line, path, kind, test: self.test });
    }

    fn within(&mut self, attributes: &[Attribute], read: impl FnOnce(&mut Self)) {
        let before = self.test;
        self.test |= attributes.iter().any(is_for_tests);
        read(self);
        self.test = before;
    }

    fn import(&mut self, tree: &UseTree, mut path: Path, public: bool) {
        match tree {
            UseTree::Path(it) => {
                path.push(it.ident.unraw().to_string());
                self.import(&it.tree, path, public);
            }
            UseTree::Group(it) => {
                it.items.iter().for_each(|it| self.import(it, path.clone(), public));
            }
            UseTree::Name(it) => {
                if it.ident != "self" {
                    path.push(it.ident.unraw().to_string());
                }
                self.imported(path.last().cloned(), path, &it.ident, public);
            }
            UseTree::Rename(it) => {
                if it.ident != "self" {
                    path.push(it.ident.unraw().to_string());
                }
                self.imported(Some(it.rename.unraw().to_string()), path, &it.ident, public);
            }
            UseTree::Glob(it) => {
                let line = it.star_token.spans[0].start().line;
                self.scope.globs.push(path.clone());
                self.refer(line, path, Kind::Glob { public });
            }
        }
    }

    fn imported(&mut self, name: Option<String>, path: Path, ident: &Ident, public: bool) {
        let line = ident.span().start().line;
        self.scope.imports.entry(name.unwrap_or_default()).or_default().push(path.clone());
        self.refer(line, path, Kind::Use { public });
    }

    /// The paths that stand in tokens nobody has parsed.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let is = |at: usize, sign: char| matches!(tokens.get(at), Some(TokenTree::Punct(it)) if it.as_char() == sign);
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(first) => {
                    let line = first.span().start().line;
                    let field = at > 0 && is(at - 1, '.');
                    let mut path = vec![first.unraw().to_string()];
                    while is(at + 1, ':')
                        && is(at + 2, ':')
                        && let Some(TokenTree::Ident(next)) = tokens.get(at + 3)
                    {
                        path.push(next.unraw().to_string());
                        at += 3;
                    }
                    if !field {
                        self.refer(line, path, Kind::Code);
                    }
                }
                TokenTree::Literal(_) | TokenTree::Punct(_) => {}
            }
            at += 1;
        }
    }

    /// The paths in the strings of an attribute: `#[serde(with = "crate::wire::date")]`.
    fn strings(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.strings(group.stream()),
                TokenTree::Literal(it) => {
                    let line = it.span().start().line;
                    for path in paths_in(&it.to_string()) {
                        self.refer(line, path, Kind::Code);
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    fn define(&mut self, item: &Item) {
        let Scope { types, values, macros, exported, members, generated, .. } = &mut self.scope;
        match item {
            Item::Const(it) => values.insert(it.ident.to_string()),
            Item::Static(it) => values.insert(it.ident.to_string()),
            Item::Fn(it) => values.insert(it.sig.ident.unraw().to_string()),
            Item::Struct(it) => types.insert(it.ident.to_string()),
            Item::Union(it) => types.insert(it.ident.to_string()),
            Item::Type(it) => types.insert(it.ident.to_string()),
            Item::TraitAlias(it) => types.insert(it.ident.to_string()),
            Item::Enum(it) => {
                let variants = it.variants.iter();
                members.extend(variants.map(|of| format!("{}::{}", it.ident, of.ident)));
                types.insert(it.ident.to_string())
            }
            Item::Trait(it) => {
                let methods = it.items.iter().filter_map(|of| match of {
                    syn::TraitItem::Fn(of) => Some(format!("{}::{}", it.ident, of.sig.ident)),
                    _ => None,
                });
                members.extend(methods);
                types.insert(it.ident.to_string())
            }
            Item::Impl(it) => {
                if let syn::Type::Path(of) = &*it.self_ty
                    && let Some(of) = of.path.segments.last()
                {
                    members.extend(it.items.iter().filter_map(|it| match it {
                        ImplItem::Fn(it) => Some(format!("{}::{}", of.ident, it.sig.ident)),
                        ImplItem::Const(it) => Some(format!("{}::{}", of.ident, it.ident)),
                        _ => None,
                    }));
                }
                false
            }
            Item::Macro(it) => {
                if let Some(name) = &it.ident {
                    if it.attrs.iter().any(|it| it.path().is_ident("macro_export")) {
                        exported.insert(name.to_string());
                    }
                    macros.insert(name.to_string())
                } else {
                    generated.extend(names(it.mac.tokens.clone()));
                    false
                }
            }
            _ => false,
        };
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        self.define(item);
        self.within(attributes(item), |it| visit::visit_item(it, item));
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[_] = match item {
            ImplItem::Const(it) => &it.attrs,
            ImplItem::Fn(it) => &it.attrs,
            ImplItem::Type(it) => &it.attrs,
            _ => &[],
        };
        self.within(attributes, |it| visit::visit_impl_item(it, item));
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = item.ident.unraw().to_string();
        let test = self.test || item.attrs.iter().any(is_for_tests);
        if item.content.is_some() {
            let mut inner = Self { test, ..Self::default() };
            visit::visit_item_mod(&mut inner, item);
            self.scope.inline.push((name, test, inner.scope));
        } else {
            visit::visit_item_mod(self, item);
            self.scope.files.push((name, test));
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let public = match &item.vis {
            Visibility::Inherited => false,
            Visibility::Restricted(it) => !it.path.is_ident("self"),
            Visibility::Public(_) => true,
        };
        let path = if item.leading_colon.is_some() { vec![String::new()] } else { Path::new() };
        self.import(&item.tree, path, public);
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none()
            && let Some(first) = path.segments.first()
        {
            let segments = path.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
            self.refer(first.ident.span().start().line, segments, Kind::Code);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let line = attribute.pound_token.span.start().line;
        match &attribute.meta {
            Meta::Path(path) => self.visit_path(path),
            Meta::List(list) => {
                self.visit_path(&list.path);
                self.tokens(list.tokens.clone());
                self.strings(list.tokens.clone());
            }
            Meta::NameValue(it) => match &it.value {
                Expr::Lit(literal) if let Lit::Str(text) = &literal.lit => {
                    let text = text.value();
                    let kind = if it.path.is_ident("doc") { Kind::Doc } else { Kind::Code };
                    for path in paths_in(&text) {
                        self.refer(line, path, kind);
                    }
                }
                other => self.visit_expr(other),
            },
        }
    }
}

/// Whether an attribute keeps what it stands before out of what is shipped.
fn is_for_tests(attribute: &Attribute) -> bool {
    match &attribute.meta {
        Meta::List(it) if it.path.is_ident("cfg") => {
            let condition = it.tokens.to_string();
            condition.contains("test") && !condition.contains("not")
        }
        Meta::Path(it) => it.segments.last().is_some_and(|it| it.ident == "test"),
        _ => false,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::ExternCrate(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Union(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

/// The paths that a text names from the crate or from a parent; others depend on what is in scope.
fn paths_in(text: &str) -> Vec<Path> {
    let is_part = |it: char| it.is_alphanumeric() || it == '_' || it == ':';
    let words = text.split(|it| !is_part(it)).map(|it| it.trim_matches(':'));
    let anchored = words.filter(|it| it.starts_with("crate::") || it.starts_with("super::"));
    anchored.map(|it| it.split("::").map(str::to_owned).collect()).collect()
}

/// What may be the names of types.
fn names(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(it) if it.delimiter() != Delimiter::None => {
                found.extend(names(it.stream()));
            }
            TokenTree::Ident(it) => found.push(it.unraw().to_string()),
            _ => {}
        }
    }
    found.retain(|it| it.starts_with(char::is_uppercase));
    found
}
