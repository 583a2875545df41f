//! What a path stands for: the module that defines it, however many imports lie between.

use crate::source::{
    modules::{Id, Target},
    scope::{Kind, Reference},
};

/// What a path leads to within its crate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Named {
    Module(Id),
    /// An item, in the module that defines it.
    Item(Id, String),
}

/// How a module comes by a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    Child(Id),
    Own,
    /// By `use`; from elsewhere in the crate, or from outside.
    Import(Option<Named>),
    Unknown,
}

/// A module that names an item of another one.
pub(crate) struct Use<'a> {
    pub(crate) from: Id,
    pub(crate) to: Id,
    pub(crate) item: String,
    pub(crate) reference: &'a Reference,
}

/// Imports of imports of imports: more of them is a circle, which does not compile.
pub(crate) const DEPTH: u32 = 24;

impl Target {
    /// Every use that is compiled into what is shipped.
    pub(crate) fn uses(&self) -> Vec<Use<'_>> {
        let mut found = Vec::new();
        for (from, module) in self.modules.iter().enumerate().filter(|(_, it)| !it.test) {
            // A name alone was imported, which counts already, unless it came with others.
            let alone = !module.globs.is_empty();
            for reference in &module.references {
                let counts = match reference.kind {
                    Kind::Doc | Kind::Glob { .. } => false,
                    Kind::Use { .. } => true,
                    Kind::Code => alone || reference.path.len() > 1,
                };
                if !counts || reference.test {
                    continue;
                }
                if let Some(Named::Item(to, item)) = self.resolve(from, &reference.path, DEPTH)
                    && to != from
                    && !self.modules[to].test
                {
                    found.push(Use { from, to, item, reference });
                }
            }
        }
        found
    }

    /// Where a path begins: the module whose name comes next, how many segments led to it, and
    /// whether the path says so itself (`crate`, `super`) instead of leaving it to what is in scope.
    pub(crate) fn start(&self, from: Id, path: &[String]) -> Option<(Id, usize, bool)> {
        match path.first()?.as_str() {
            "crate" => Some((0, 1, true)),
            "self" => Some((from, 1, false)),
            "super" => {
                let supers = path.iter().take_while(|it| *it == "super").count();
                let mut module = from;
                for _ in 0..supers {
                    module = self.modules[module].parent?;
                }
                Some((module, supers, true))
            }
            "" | "Self" => None,
            _ => Some((from, 0, false)),
        }
    }

    pub(crate) fn resolve(&self, from: Id, path: &[String], depth: u32) -> Option<Named> {
        self.lead(from, path, true, depth)
    }

    /// Where a path leads that ends, or that goes on from a module or a type.
    fn lead(&self, from: Id, path: &[String], ends: bool, depth: u32) -> Option<Named> {
        let (mut module, led, anchored) = self.start(from, path)?;
        let depth = depth.checked_sub(1)?;
        let rest = &path[led..];
        for (at, name) in rest.iter().enumerate() {
            let last = ends && at + 1 == rest.len();
            let named = match self.origin(module, name, last, depth) {
                Origin::Child(child) => Named::Module(child),
                Origin::Own => Named::Item(module, name.clone()),
                Origin::Import(named) => named?,
                Origin::Unknown if module == 0 && self.exported.contains_key(name) => {
                    Named::Item(self.exported[name], name.clone())
                }
                // A macro may have made it; without an anchor it may as well be another crate.
                Origin::Unknown if at > 0 || anchored => Named::Item(module, name.clone()),
                Origin::Unknown => return None,
            };
            match named {
                Named::Module(next) => module = next,
                item @ Named::Item(..) => return Some(item),
            }
        }
        Some(Named::Module(module))
    }

    /// How a module comes by a name that ends a path, or that a path goes on from.
    pub(crate) fn origin(&self, module: Id, name: &str, last: bool, depth: u32) -> Origin {
        let it = &self.modules[module];
        let own = it.types.contains(name)
            || (last && (it.values.contains(name) || it.macros.contains(name)));
        let child = it.children.get(name).map(|it| Origin::Child(*it));
        if let Some(child) = child {
            return if own && last { Origin::Own } else { child };
        }
        if own {
            return Origin::Own;
        }
        let Some(depth) = depth.checked_sub(1) else { return Origin::Unknown };
        let mut imported = None;
        for path in it.imports.get(name).into_iter().flatten() {
            // `use url::Url` within a module that imports `url`: that one leads elsewhere.
            let itself = path.len() > 1 && path[0] == name && it.imports[name].len() == 1;
            let named = if itself && !last { None } else { self.lead(module, path, last, depth) };
            match named {
                Some(Named::Item(to, item)) if !last && !self.is_type(to, &item) => {}
                named => imported = imported.or(Some(named)),
            }
        }
        if let Some(named) = imported {
            return Origin::Import(named);
        }
        for path in &it.globs {
            let Some(Named::Module(from)) = self.resolve(module, path, depth) else { continue };
            match self.origin(from, name, last, depth) {
                Origin::Child(child) => return Origin::Import(Some(Named::Module(child))),
                Origin::Own => return Origin::Import(Some(Named::Item(from, name.to_owned()))),
                Origin::Import(named) => return Origin::Import(named),
                Origin::Unknown => {}
            }
        }
        Origin::Unknown
    }

    fn is_type(&self, module: Id, item: &str) -> bool {
        let it = &self.modules[module];
        // What a macro made is not listed, and may be a type.
        it.types.contains(item) || !(it.values.contains(item) || it.macros.contains(item))
    }
}

#[cfg(test)]
mod tests {
    use crate::source::package::planted;

    /// What `src/a.rs` names of other modules.
    fn named_by(a: &str) -> Vec<String> {
        let package = planted(&[
            ("src/lib.rs", "mod a;\nmod b;\nmod c;\nmod made;\npub use b::find;\npub use c::*;\n"),
            ("src/a.rs", a),
            ("src/b.rs", "pub mod find;\npub fn find() {}\npub struct B;\npub fn url() {}\n"),
            ("src/b/find.rs", "pub struct Found;\npub enum How { Fast }\n"),
            (
                "src/c.rs",
                "pub use crate::b::B as C;\npub const D: u8 = 1;\n#[macro_export]\nmacro_rules! shout { () => {} }\n",
            ),
            ("src/made.rs", "ids! { First, Second }\n"),
        ]);
        assert_eq!(package.faults, [""; 0]);
        let target = &package.targets[0];
        let uses =
            target.uses().into_iter().filter(|it| target.modules[it.from].path == "crate::a");
        uses.map(|it| format!("{}::{}", target.modules[it.to].path, it.item)).collect()
    }

    #[test]
    fn a_name_leads_to_the_module_that_defines_it_through_every_import() {
        assert_eq!(named_by("use crate::C;\n"), ["crate::b::B"]);
        assert_eq!(named_by("use super::c::C as E;\n"), ["crate::b::B"]);
        assert_eq!(
            named_by("use crate::c;\nfn f() -> c::C { c::D }\n"),
            ["crate::b::B", "crate::c::D"]
        );
    }

    #[test]
    fn a_function_and_a_module_may_bear_one_name() {
        assert_eq!(named_by("use crate::b::find;\n"), ["crate::b::find"]);
        assert_eq!(named_by("use crate::b::find::Found;\n"), ["crate::b::find::Found"]);
        let both = "use crate::b::find;\nfn f() -> find::Found { find() }\n";
        assert_eq!(named_by(both), ["crate::b::find", "crate::b::find::Found"]);
    }

    #[test]
    fn a_variant_or_a_method_is_a_use_of_its_type() {
        let variant = "fn f() { crate::b::find::How::Fast; }\n";
        assert_eq!(named_by(variant), ["crate::b::find::How"]);
        assert_eq!(named_by("fn f() { crate::made::First::new(); }\n"), ["crate::made::First"]);
    }

    #[test]
    fn names_from_a_glob_count_where_they_are_used() {
        assert_eq!(
            named_by("use crate::b::*;\nfn f(_: B) { assert!(url()); }\n"),
            ["crate::b::B", "crate::b::url"]
        );
    }

    #[test]
    fn an_exported_macro_is_named_from_the_crate() {
        assert_eq!(named_by("fn f() { crate::shout!() }\n"), ["crate::c::shout"]);
    }

    #[test]
    fn other_crates_and_own_names_are_no_use() {
        let own = "use url::Url;\nuse std::fmt;\nstruct A;\nfn url() { url::Url::new(); Self::x(); A::new() }\n";
        assert_eq!(named_by(own), [""; 0]);
        assert_eq!(named_by("use crate::b::url;\nfn f() { url::Url::new() }\n"), ["crate::b::url"]);
    }

    #[test]
    fn what_only_tests_or_comments_name_is_no_use() {
        let tests = "/// [`crate::b::B`]\n#[cfg(test)]\nuse crate::b::B;\nimpl A { #[cfg(test)]\nfn a(_: crate::b::B) {} }\n\
             #[tokio::test]\nasync fn t() { crate::b::url() }\n#[cfg(any(test, feature = \"testing\"))]\nmod m { use crate::c::D; }\n";
        assert_eq!(named_by(tests), [""; 0]);
    }
}
