//! The source as the rules see it: packages, their modules, and what each name stands for.

pub(crate) mod modules;
pub(crate) mod package;
pub(crate) mod resolve;
pub(crate) mod scope;
pub(crate) mod syntax;
