//! Durations as people write them: `30s`, `15m`, `7d`, `1h 30m`.

use chrono::TimeDelta;

/// The text is no duration, or the duration is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a number and a unit, such as 500ms, 30s, 15m, 12h or 7d")]
pub(crate) struct InvalidDuration;

/// The units that are written, with their lengths in milliseconds.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// A longer duration cannot be added to a date of today.
const LONGEST: TimeDelta = TimeDelta::days(400_000);

/// Reads a duration that is not negative: numbers with units from milliseconds to weeks. Months and
/// years are refused although `humantime` knows them, because they have no fixed length, and `M` is too
/// close to `m`. So is anything more precise than a millisecond.
pub(crate) fn parse(text: &str) -> Result<TimeDelta, InvalidDuration> {
    let is_calendar = |unit: &str| ["M", "mo", "y"].iter().any(|it| unit.starts_with(it));
    if text.split(|it: char| !it.is_alphabetic()).any(is_calendar) {
        return Err(InvalidDuration);
    }
    let parsed = humantime::parse_duration(text.trim()).map_err(|_| InvalidDuration)?;
    let duration = TimeDelta::from_std(parsed).map_err(|_| InvalidDuration)?;
    let is_precise = duration.subsec_nanos() % 1_000_000 == 0;
    Some(duration).filter(|it| is_precise && *it <= LONGEST).ok_or(InvalidDuration)
}

/// Writes a duration in the largest unit, up to days, of which it is a whole number: what [`parse`]
/// reads again. `humantime` would write `1day 12h` for `36h`.
pub(crate) fn format(duration: TimeDelta) -> String {
    let millis = duration.num_milliseconds().unsigned_abs();
    let fits = |(_, length): &&(&str, u64)| millis.is_multiple_of(*length);
    let (unit, length) = UNITS.iter().find(fits).unwrap_or(&("ms", 1));
    format!("{}{unit}", millis / length)
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
            (" 7d\n", 604_800),
            ("400000d", 34_560_000_000),
        ] {
            assert_eq!(parse(text).unwrap().num_seconds(), seconds, "{text}");
        }
        for text in ["1500ms", "30s", "90m", "36h", "7d"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
    }

    #[test]
    fn several_units_are_added_and_fractions_are_read() {
        for (text, expected) in [
            ("1h 30m", "90m"),
            ("1h30m", "90m"),
            ("7d 3h", "171h"),
            ("1min 1500ms", "61500ms"),
            ("1.5h", "90m"),
        ] {
            assert_eq!(format(parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "7",
            "30",
            "d",
            "-1d",
            "1y",
            "1 year",
            "1M",
            "2 months",
            "1us",
            "1.5ms",
            "7d 3",
            "99999999999999999999s",
            "400001d",
        ] {
            assert_eq!(parse(text), Err(InvalidDuration), "{text}");
        }
    }
}
