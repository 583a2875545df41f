//! Durations as people write them: `30s`, `15m`, `7d`.

use chrono::TimeDelta;

/// The text is no duration, or the duration is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a number and a unit, such as 500ms, 30s, 15m, 12h or 7d")]
pub(crate) struct InvalidDuration;

const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// In milliseconds. A longer duration cannot be added to a date of today.
const LONGEST: u64 = 400_000 * 86_400_000;

/// Reads a duration that is not negative. Its precision is a millisecond.
pub(crate) fn parse(text: &str) -> Result<TimeDelta, InvalidDuration> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| InvalidDuration)?;
    let unit = unit.trim_start();
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(InvalidDuration)?;
    let millis = number.checked_mul(*factor).filter(|it| *it <= LONGEST).ok_or(InvalidDuration)?;
    i64::try_from(millis).map(TimeDelta::milliseconds).map_err(|_| InvalidDuration)
}

/// Writes a duration in the largest unit, up to days, of which it is a whole number: what [`parse`]
/// reads again.
pub(crate) fn format(duration: TimeDelta) -> String {
    let millis = duration.num_milliseconds().unsigned_abs();
    let fits = |(_, factor): &&(&str, u64)| millis.is_multiple_of(*factor);
    let (unit, factor) = UNITS[..5].iter().rev().find(fits).unwrap_or(&UNITS[0]);
    format!("{}{unit}", millis / factor)
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
            ("30d", 2_592_000),
            ("7 d", 604_800),
            ("2w", 1_209_600),
            ("0s", 0),
        ] {
            assert_eq!(parse(text).unwrap().num_seconds(), seconds, "{text}");
        }
        for text in ["1500ms", "30s", "90m", "7d"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "7", "d", "-1d", "1.5h", "1y", "7d 3h", "99999999999999999999s", "400001d"]
        {
            assert_eq!(parse(text), Err(InvalidDuration), "{text}");
        }
    }
}
