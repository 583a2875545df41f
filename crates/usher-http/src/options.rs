//! Settings of the HTTP surface that an operator may choose.

use crate::source::{SourceDetail, TrustedProxies};

/// Settings of the HTTP surface that an operator may choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub experimental: Experimental,
    /// How many requests a key may make of each API at once, and again in every ten seconds; none:
    /// any number.
    pub rate: Option<u32>,
    /// How many attempts at signing in, accepting and asking for tokens one source may make in a
    /// minute, half of them at once; 0: any number.
    pub sign_in_rate: u32,
    /// The proxies that say where a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// How much the log and the audit are told of where requests come from.
    pub source: SourceDetail,
    pub query_secrets: QuerySecrets,
}

/// What becomes of keys, secrets and tokens in the query of a request, where proxies and browsers
/// write them down. The protocols of some APIs allow them there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuerySecrets {
    #[default]
    Accept,
    Refuse,
}

/// How to treat a request to an experimental route without the header that its original asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Experimental {
    #[default]
    Accept,
    Demand,
}
