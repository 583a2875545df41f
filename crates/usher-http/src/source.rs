//! Where requests come from, and how many each source may try.

use std::{
    hash::{BuildHasher as _, Hash},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{
        Extensions, HeaderMap, HeaderName, StatusCode,
        header::{FORWARDED, HeaderValue},
    },
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;
use usher_application::Clock;
use usher_domain::{TenantId, UserId};

use crate::rate_limit::{Rate, RateLimit, TooManyRequests};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How many addresses of a header are read, from the last one on.
const MAX_HOPS: usize = 32;

/// The time that the setting counts requests in; half of them may come at once.
const MINUTE: Duration = Duration::from_mins(1);

/// Wider networks, whose owner may have many sources, and how many times as much each has as one
/// source: of IPv4 what one provider or company has, of IPv6 what is given to a home and to a site.
const WIDER_V4: [(u8, u32); 1] = [(24, SITE)];
const WIDER_V6: [(u8, u32); 2] = [(56, HOME), (48, SITE)];
const HOME: u32 = 4;
const SITE: u32 = 16;

/// How long a refusal is held back. Whoever floods usher over some connections sends no more than one
/// request a second over each of them, which costs those who sign in meanwhile next to nothing.
const HOLD: Duration = Duration::from_secs(1);

/// The proxies whose word is taken for where a request comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Arc<[IpNet]>,
    header: ProxyHeader,
}

/// The header in which the proxies write where a request comes from. Another one is the client's own
/// invention, whatever it says: the setting `http.proxy_header`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyHeader {
    #[default]
    XForwardedFor,
    /// That of RFC 7239.
    Forwarded,
}

impl FromStr for ProxyHeader {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err("not one of x-forwarded-for, forwarded"),
        }
    }
}

/// How much the log and the audit are told of where requests come from: the setting `log.source`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceDetail {
    /// Nothing.
    None,
    /// The network: of IPv4 the first 24 bits, of IPv6 the first 48, which name a site and no person.
    #[default]
    Truncated,
    /// The whole address.
    Full,
}

impl FromStr for SourceDetail {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "none" => Ok(Self::None),
            "truncated" => Ok(Self::Truncated),
            "full" => Ok(Self::Full),
            _ => Err("not one of truncated, full, none"),
        }
    }
}

impl SourceDetail {
    /// The text that stands for an address.
    fn shown(self, address: IpAddr) -> Option<Arc<str>> {
        let network = |bits| IpNet::new(address, bits).ok().map(|it| it.trunc().to_string());
        let text = match (self, address) {
            (Self::None, _) => None,
            (Self::Full, _) => Some(address.to_string()),
            (Self::Truncated, IpAddr::V4(_)) => network(24),
            (Self::Truncated, IpAddr::V6(_)) => network(48),
        };
        text.map(Arc::from)
    }
}

/// The text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be networks such as 10.0.0.0/8 or fd00::/8, or single addresses")]
pub struct InvalidNetwork;

impl TrustedProxies {
    /// Networks (`10.0.0.0/8`) and single addresses.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidNetwork> {
        let network = |it: &str| {
            let one = IpAddr::from_str(it).map(IpNet::from);
            IpNet::from_str(it).or(one).map_err(|_| InvalidNetwork)
        };
        let networks = texts.into_iter().map(|it| network(it.trim())).collect::<Result<_, _>>()?;
        Ok(Self { networks, header: ProxyHeader::default() })
    }

    /// The same proxies, which write into this header.
    #[must_use]
    pub fn writing(self, header: ProxyHeader) -> Self {
        Self { header, ..self }
    }

    /// Whether an address is one of these, which must not be an IPv4 address that is written as IPv6.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|it| it.contains(&address))
    }

    /// The address that a request comes from: that of the connection or, as long as that is a trusted
    /// proxy, the one that it names, and so on.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = canonical(peer);
        if !self.has(peer) {
            return peer;
        }
        let hops = match self.header {
            ProxyHeader::XForwardedFor => hops(headers, &FORWARDED_FOR, |it| Some(it.trim())),
            ProxyHeader::Forwarded => hops(headers, &FORWARDED, forwarded_for),
        };
        let mut nearest = peer;
        for hop in hops {
            let Some(hop) = hop else { return nearest };
            nearest = hop;
            if !self.has(hop) {
                break;
            }
        }
        nearest
    }
}

/// The addresses of a header, the last one first; none for what is no address.
fn hops(
    headers: &HeaderMap,
    name: &HeaderName,
    read: fn(&str) -> Option<&str>,
) -> Vec<Option<IpAddr>> {
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    let texts = lines.into_iter().rev().map(|it| HeaderValue::to_str(it).unwrap_or_default());
    let elements = texts.flat_map(|it| it.rsplit(','));
    elements.take(MAX_HOPS).map(|it| address(read(it)?)).collect()
}

/// The parameter `for` of an element of the header `Forwarded` (RFC 7239, section 5.2).
fn forwarded_for(element: &str) -> Option<&str> {
    let mut pairs = element.split(';').filter_map(|it| it.split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    Some(node.trim().trim_matches('"'))
}

/// An address with or without a port, in brackets or not.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']');
    let parsed = IpAddr::from_str(bare().unwrap_or(text)).ok();
    parsed.or_else(|| Some(SocketAddr::from_str(text).ok()?.ip())).map(canonical)
}

/// The IPv4 address that an IPv6 address stands for, if it does: as a socket for both writes it
/// (`::ffff:0:0/96`), or as a gateway does that leads from networks of the one to the other
/// (`64:ff9b::/96`, RFC 6052, section 2.1). Otherwise all that is behind such a gateway would be one source.
#[must_use]
pub fn canonical(address: IpAddr) -> IpAddr {
    const GATEWAY: u128 = 0x64_ff9b << 64;
    match address {
        IpAddr::V6(it) if it.to_bits() >> 32 == GATEWAY => {
            let [.., a, b, c, d] = it.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => address.to_canonical(),
    }
}

/// One source: an IPv4 address, or the 64 bits of an IPv6 address that name a network, within which
/// its owner chooses addresses as they like.
#[must_use]
pub fn source_network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() >> 64 << 64).into(),
    }
}

/// The wider networks of a source, and how many times as much each has.
fn wider_networks(client: IpAddr) -> impl Iterator<Item = (IpNet, u32)> {
    let wider = if client.is_ipv4() { WIDER_V4.as_slice() } else { &WIDER_V6 };
    wider
        .iter()
        .filter_map(move |(bits, times)| Some((IpNet::new(client, *bits).ok()?.trunc(), *times)))
}

/// Limits how many requests each source may make where somebody could guess, or has usher hash: so
/// many a minute, half of them at once.
#[derive(Clone)]
pub(crate) struct SourceLimit(Arc<Limited>);

struct Limited {
    trusted: TrustedProxies,
    detail: SourceDetail,
    /// Sources share 65 536 places, so that no number of them takes more memory.
    limit: RateLimit<u16>,
    /// So do wider networks, for each multiple of what one source has.
    wider: Vec<(u32, RateLimit<u16>)>,
    /// So do people in browsers that are known, apart from the sources.
    people: RateLimit<u16>,
    places: Places,
    clock: Arc<dyn Clock>,
}

/// How sources are dealt out to places: so that nobody can choose one beside somebody else, and in
/// tests always alike, so that no two of a test share a place on a bad day.
#[cfg(not(test))]
type Places = std::hash::RandomState;
#[cfg(test)]
type Places = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;

/// The request was counted before it was answered.
#[derive(Clone)]
struct Counted;

/// The request is by this user of this tenant, who signs in with a browser that they signed in with
/// before. It counts under the user and not under the source, so that nobody behind the same address
/// uses up what is theirs: and not under the browser, of which anybody can have many.
#[derive(Clone, Hash)]
pub(crate) struct KnownBrowser(pub(crate) TenantId, pub(crate) UserId);

impl SourceLimit {
    /// So many requests a minute; 0: any number.
    pub(crate) fn new(
        a_minute: u32,
        trusted: TrustedProxies,
        detail: SourceDetail,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let count = a_minute.div_ceil(2);
        let rate = Rate { count, span: MINUTE / 2 };
        let limit = RateLimit::new(Some(rate), clock.clone());
        let people = RateLimit::new(Some(rate), clock.clone());
        let times = |times| Rate { count: count * times, ..rate };
        let wider = |it| (it, RateLimit::new(Some(times(it)), clock.clone()));
        let wider = [HOME, SITE].map(wider).into();
        let places = Places::default();
        Self(Arc::new(Limited { trusted, detail, limit, wider, people, places, clock }))
    }

    /// Whether a request comes over the connection of a trusted proxy.
    pub(crate) fn is_proxy(&self, extensions: &Extensions) -> bool {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        peer.is_some_and(|ConnectInfo(it)| self.0.trusted.has(canonical(it.ip())))
    }

    fn client(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(self.0.trusted.client(peer.ip(), headers))
    }

    /// Where a request comes from, as far as the log and the audit may know.
    pub(crate) fn shown(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<Arc<str>> {
        self.0.detail.shown(self.client(extensions, headers)?)
    }

    /// Where nobody knows the source, all requests count as those of one.
    async fn admit(&self, client: Option<IpAddr>) -> Result<(), TooManyRequests> {
        self.held_back(self.admitted(client)).await
    }

    /// Whoever is refused as one source takes nothing from their neighbours in the wider networks.
    fn admitted(&self, client: Option<IpAddr>) -> Result<(), TooManyRequests> {
        self.0.limit.admit(&self.place(client.map(source_network)))?;
        for (network, times) in client.into_iter().flat_map(wider_networks) {
            let mut limits = self.0.wider.iter().filter(|(it, _)| *it == times);
            limits.try_for_each(|(_, limit)| limit.admit(&self.place(network)))?;
        }
        Ok(())
    }

    /// Whoever used up what is a user's own, in a browser that the user once signed in with, takes
    /// nothing from the user in others: there they count under their source, as everybody does.
    async fn admit_known(
        &self,
        browser: &KnownBrowser,
        client: Option<IpAddr>,
    ) -> Result<(), TooManyRequests> {
        let admitted = self.0.people.admit(&self.place(browser));
        self.held_back(admitted.or_else(|_| self.admitted(client))).await
    }

    /// The outcome; a refusal after [`HOLD`].
    async fn held_back(
        &self,
        admitted: Result<(), TooManyRequests>,
    ) -> Result<(), TooManyRequests> {
        if admitted.is_err() {
            self.0.clock.rest(HOLD).await;
        }
        admitted
    }

    fn place(&self, of: impl Hash) -> u16 {
        let hash = self.0.places.hash_one(of).to_be_bytes();
        u16::from_be_bytes([hash[0], hash[1]])
    }
}

/// Counts every request under its source or the owner of its known browser, before anybody looks at it: `.route_layer(from_fn_with_state(limit, each::<Fault>))`
/// on the handlers that it is meant for.
pub(crate) async fn each<E: From<TooManyRequests>>(
    State(limit): State<SourceLimit>,
    request: Request,
    next: Next,
) -> Result<Response, E> {
    let client = limit.client(request.extensions(), request.headers());
    let browser = request.extensions().get::<KnownBrowser>().cloned();
    let admitted = match browser {
        Some(browser) => limit.admit_known(&browser, client).await,
        None => limit.admit(client).await,
    };
    if let Err(error) = admitted {
        limit.log_refused(client, StatusCode::TOO_MANY_REQUESTS);
        return Err(error.into());
    }
    let mut response = next.run(request).await;
    limit.log_refused(client, response.status());
    response.extensions_mut().insert(Counted);
    Ok(response)
}

/// Counts the requests that are answered with 401: wrong tokens, keys and pins. Whoever sends too many
/// gets 429 instead.
pub(crate) async fn each_unauthorized<E: From<TooManyRequests>>(
    State(limit): State<SourceLimit>,
    request: Request,
    next: Next,
) -> Result<Response, E> {
    let client = limit.client(request.extensions(), request.headers());
    let response = next.run(request).await;
    let is_counted = response.extensions().get::<Counted>().is_some();
    if response.status() == StatusCode::UNAUTHORIZED && !is_counted {
        limit.log_refused(client, StatusCode::UNAUTHORIZED);
        limit.admit(client).await?;
    }
    Ok(response)
}

impl SourceLimit {
    /// Writes a line from which an operator, or a program such as fail2ban, learns who tries secrets
    /// that are wrong. It names nobody: the span around it has the route and the id of the request.
    fn log_refused(&self, client: Option<IpAddr>, status: StatusCode) {
        if [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS].contains(&status) {
            let source = client.and_then(|it| self.0.detail.shown(it));
            let source = source.as_deref().map(tracing::field::display);
            tracing::info!(event = "attempt_refused", source, status = status.as_u16(), "refused");
        }
    }
}

#[cfg(test)]
mod tests;
