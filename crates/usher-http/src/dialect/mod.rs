//! One folder a wire dialect, each with `router()` as its only way in.
//!
//! A dialect turns its wire types into use-case calls and the answers back. It knows the domain;
//! the domain does not know it, and dialects do not know each other.

pub(crate) mod confidence;
pub(crate) mod loginradius;
pub(crate) mod sailpoint;
pub(crate) mod soajs;
