//! Settings of the dialects that an operator may choose.

/// Settings of the dialects that an operator may choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub experimental: Experimental,
    /// How many requests a key may make of each API at once, and again in every ten seconds; none:
    /// any number.
    pub rate: Option<u32>,
}

/// How to treat a request to an experimental route without the header that its original asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Experimental {
    #[default]
    Accept,
    Demand,
}
