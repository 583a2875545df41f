//! Lengths of time as people write them: `30s`, `15m`, `7d`.

use std::{fmt, str::FromStr};

use chrono::TimeDelta;

/// A length of time, no shorter than nothing and no longer than a thousand years or so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span(pub(crate) TimeDelta);

/// The text is no length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a number and a unit, such as 500ms, 30s, 15m, 12h or 7d")]
pub(crate) struct InvalidSpan;

const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// Beyond it no calendar can add it to a day.
const LONGEST: u64 = 400_000 * 86_400_000;

impl FromStr for Span {
    type Err = InvalidSpan;

    fn from_str(text: &str) -> Result<Self, InvalidSpan> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| InvalidSpan)?;
        let unit = unit.trim_start();
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(InvalidSpan)?;
        let millis = number.checked_mul(*factor).filter(|it| *it <= LONGEST).ok_or(InvalidSpan)?;
        i64::try_from(millis).map(|it| Self(TimeDelta::milliseconds(it))).map_err(|_| InvalidSpan)
    }
}

/// In the largest unit that it is a whole number of.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.num_milliseconds().unsigned_abs();
        let fits = |(_, factor): &&(&str, u64)| millis.is_multiple_of(*factor);
        let (unit, factor) = UNITS[..5].iter().rev().find(fits).unwrap_or(&UNITS[0]);
        write!(f, "{}{unit}", millis / factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_read_and_written() {
        for (text, seconds) in [
            ("30s", 30),
            ("15m", 900),
            ("12h", 43_200),
            ("7 d", 604_800),
            ("2w", 1_209_600),
            ("0s", 0),
        ] {
            assert_eq!(text.parse::<Span>().unwrap().0.num_seconds(), seconds, "{text}");
        }
        for text in ["1500ms", "30s", "90m", "7d"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_not() {
        for text in ["", "7", "d", "-1d", "1.5h", "1y", "7d 3h", "99999999999999999999s", "400001d"]
        {
            assert_eq!(text.parse::<Span>(), Err(InvalidSpan), "{text}");
        }
    }
}
