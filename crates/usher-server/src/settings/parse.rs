//! How the text of a setting becomes a value of its type.

use std::{convert::Infallible, fmt::Display, net::SocketAddr, str::FromStr, time::Duration};

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, de::Error as _};
use usher_domain::{Key, Locale, Mailbox, RedirectRule};
use usher_http::{Experimental, QuerySecrets, TrustedProxies};

use crate::duration;

pub(crate) fn parsed<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    String::deserialize(from)?.trim().parse().map_err(D::Error::custom)
}

pub(crate) fn listen<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let rule = "must be an address and a port, such as 127.0.0.1:8080 or [::]:8080";
    String::deserialize(from)?.trim().parse().map_err(|_| D::Error::custom(rule))
}

pub(crate) fn time_delta<'de, D: Deserializer<'de>>(from: D) -> Result<TimeDelta, D::Error> {
    duration::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

/// How long something is kept: none, for ever, if it is zero or empty.
pub(crate) fn kept<'de, D: Deserializer<'de>>(from: D) -> Result<Option<TimeDelta>, D::Error> {
    let text = String::deserialize(from)?;
    if ["", "0"].contains(&text.trim()) {
        return Ok(None);
    }
    let kept = duration::parse(&text).map_err(D::Error::custom)?;
    Ok(Some(kept).filter(|it| !it.is_zero()))
}

pub(crate) fn std_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    time_delta(from)?.to_std().map_err(D::Error::custom)
}

pub(crate) fn experimental_header<'de, D>(from: D) -> Result<Experimental, D::Error>
where
    D: Deserializer<'de>,
{
    match String::deserialize(from)?.trim() {
        "accept" => Ok(Experimental::Accept),
        "demand" => Ok(Experimental::Demand),
        _ => Err(D::Error::custom("not one of accept, demand")),
    }
}

pub(crate) fn query_secrets<'de, D>(from: D) -> Result<QuerySecrets, D::Error>
where
    D: Deserializer<'de>,
{
    match String::deserialize(from)?.trim() {
        "accept" => Ok(QuerySecrets::Accept),
        "refuse" => Ok(QuerySecrets::Refuse),
        _ => Err(D::Error::custom("not one of accept, refuse")),
    }
}

pub(crate) fn locale<'de, D: Deserializer<'de>>(from: D) -> Result<Locale, D::Error> {
    Locale::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

pub(crate) fn mailbox<'de, D: Deserializer<'de>>(from: D) -> Result<Mailbox, D::Error> {
    Mailbox::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

pub(crate) fn keys<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Key>, D::Error> {
    list(from, Key::parse)
}

pub(crate) fn redirects<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<RedirectRule>, D::Error> {
    list(from, RedirectRule::parse)
}

pub(crate) fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<TrustedProxies, D::Error> {
    let texts = list(from, |it| Ok::<_, Infallible>(it.to_owned()))?;
    TrustedProxies::parse(texts.iter().map(String::as_str)).map_err(D::Error::custom)
}

/// A list, or one text with commas between the values, as the environment has it.
fn list<'de, D: Deserializer<'de>, T, E: Display>(
    from: D,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        List(Vec<String>),
        Joined(String),
    }
    let rule = |_| D::Error::custom("must be a list of texts");
    let texts = match Texts::deserialize(from).map_err(rule)? {
        Texts::List(it) => it,
        Texts::Joined(it) => it.split(',').map(str::to_owned).collect(),
    };
    let given = texts.iter().map(|it| it.trim()).filter(|it| !it.is_empty());
    given.map(parse).collect::<Result<_, _>>().map_err(D::Error::custom)
}
