//! Settings of the dialects that an operator may choose.

/// Settings of the dialects that an operator may choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub experimental: Experimental,
    /// Requests in ten seconds for each key and each version of an API; none: no limit.
    pub rate: Option<u32>,
}

/// How to treat a request to an experimental route without the header that its original asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Experimental {
    #[default]
    Accept,
    Demand,
}
