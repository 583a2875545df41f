//! The tree of modules of one target: a library, a binary, or a folder of tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::scope::{Path, Reference, Scope};

/// Where a module stands in [`Target::modules`]; the root is the first.
pub(crate) type Id = usize;

pub(crate) struct Target {
    pub(crate) modules: Vec<Module>,
    /// Macros that are named from the crate's root, wherever they are defined.
    pub(crate) exported: BTreeMap<String, Id>,
}

#[derive(Default)]
pub(crate) struct Module {
    /// `crate::ports::ledger`
    pub(crate) path: String,
    pub(crate) parent: Option<Id>,
    /// From the root of the tree.
    pub(crate) file: String,
    /// Whether it is compiled for tests only, or for the tests of others.
    pub(crate) test: bool,
    pub(crate) children: BTreeMap<String, Id>,
    pub(crate) types: BTreeSet<String>,
    pub(crate) values: BTreeSet<String>,
    pub(crate) macros: BTreeSet<String>,
    pub(crate) imports: BTreeMap<String, Vec<Path>>,
    pub(crate) globs: Vec<Path>,
    pub(crate) references: Vec<Reference>,
}

impl Target {
    /// Takes the scopes of the root's file, of the files of its modules, of those of theirs, …
    pub(crate) fn take(root: &str, scopes: &mut BTreeMap<String, Scope>) -> Option<Self> {
        let scope = scopes.remove(root)?;
        let mut target = Self { modules: Vec::new(), exported: BTreeMap::new() };
        let folder = folder_of(root);
        let module =
            Module { path: "crate".to_owned(), file: root.to_owned(), ..Module::default() };
        target.add(module, scope, folder, scopes);
        Some(target)
    }

    /// The room that a module is in: the first module below the root; none for the root itself.
    pub(crate) fn room(&self, id: Id) -> Option<&str> {
        self.modules[id].path.split("::").nth(1)
    }

    fn add(
        &mut self,
        module: Module,
        scope: Scope,
        folder: &str,
        scopes: &mut BTreeMap<String, Scope>,
    ) -> Id {
        let Scope { files, inline, types, values, macros, imports, globs, references, .. } = scope;
        let id = self.modules.len();
        self.exported.extend(scope.exported.into_iter().map(|it| (it, id)));
        let module = Module { types, values, macros, imports, globs, references, ..module };
        let (path, file, test) = (module.path.clone(), module.file.clone(), module.test);
        self.modules.push(module);
        let child = |name: &str, file: String, for_tests: bool| Module {
            path: format!("{path}::{name}"),
            parent: Some(id),
            file,
            test: test || for_tests,
            ..Module::default()
        };
        for (name, for_tests) in files {
            let below = format!("{folder}/{name}");
            let places = [format!("{below}.rs"), format!("{below}/mod.rs")];
            let Some(place) = places.into_iter().find(|it| scopes.contains_key(it)) else {
                continue;
            };
            let Some(scope) = scopes.remove(&place) else { continue };
            let added = self.add(child(&name, place, for_tests), scope, &below, scopes);
            self.modules[id].children.insert(name, added);
        }
        for (name, for_tests, scope) in inline {
            let below = format!("{folder}/{name}");
            let added = self.add(child(&name, file.clone(), for_tests), scope, &below, scopes);
            self.modules[id].children.insert(name, added);
        }
        id
    }
}

fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}
