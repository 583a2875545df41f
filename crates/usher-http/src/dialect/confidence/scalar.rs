//! Timestamps and durations as `ProtoJSON` spells them.

use chrono::{DateTime, SecondsFormat, TimeDelta};
use usher_domain::Timestamp;

/// The longest duration there is, in seconds: about ten thousand years.
const LONGEST: i64 = 315_576_000_000;

/// In UTC, with 0, 3 or 6 digits for the fraction.
pub(super) fn time(it: Timestamp) -> String {
    it.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Reads a time: RFC 3339 in upper case, with up to nine digits for the fraction.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let spelled = bytes.get(10) == Some(&b'T') && !text.contains('z');
    let fraction = text.split_once('.').map_or("", |(_, it)| it);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (spelled && digits <= 9).then_some(time)
}

/// Seconds and an `s`, with 0, 3 or 6 digits for the fraction.
pub(super) fn duration(it: TimeDelta) -> String {
    let (seconds, micros) = (it.num_seconds(), it.subsec_micros().unsigned_abs());
    match (micros, micros % 1000) {
        (0, _) => format!("{seconds}s"),
        (_, 0) => format!("{seconds}.{:03}s", micros / 1000),
        _ => format!("{seconds}.{micros:06}s"),
    }
}

/// Reads a duration: digits, maybe up to nine more after a point, and an `s`.
pub(super) fn read_duration(text: &str) -> Option<TimeDelta> {
    let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let number = rest.strip_suffix('s')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if !digits(whole) || !digits(fraction) || !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    let it = span(whole.parse().ok()?, nanos)?;
    Some(if negative { -it } else { it })
}

/// A duration of seconds and nanoseconds; none if it is out of range.
pub(super) fn span(seconds: i64, nanos: u32) -> Option<TimeDelta> {
    let it = TimeDelta::new(seconds, nanos)?;
    (it.abs() <= TimeDelta::seconds(LONGEST)).then_some(it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_with_an_s() {
        for (text, again) in [
            ("604800s", "604800s"),
            ("604800.5s", "604800.500s"),
            ("604800.000001s", "604800.000001s"),
            ("1.000000001s", "1s"),
            ("-1.5s", "-1.500s"),
            ("315576000000s", "315576000000s"),
            ("0s", "0s"),
        ] {
            assert_eq!(duration(read_duration(text).unwrap()), again);
        }
        for bad in [
            "604800",
            "7d",
            "1e3s",
            "",
            "s",
            "-s",
            ".5s",
            "1.s",
            "+1s",
            "--1s",
            " 1s",
            "1 s",
            "1.0000000001s",
            "315576000001s",
            "99999999999999999999s",
            "1.-5s",
        ] {
            assert_eq!(read_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_are_utc_with_a_z() {
        for (text, again) in [
            ("2026-01-02T12:00:00Z", "2026-01-02T12:00:00Z"),
            ("2026-01-02T14:00:00.5+02:00", "2026-01-02T12:00:00.500Z"),
            ("2026-01-02T12:00:00.123456Z", "2026-01-02T12:00:00.123456Z"),
        ] {
            assert_eq!(time(read_time(text).unwrap()), again);
        }
        for bad in [
            "",
            "{}",
            "2026-01-02",
            "2026-01-02t12:00:00Z",
            "2026-01-02T12:00:00z",
            "2026-01-02 12:00:00Z",
            "2026-01-02T12:00:00",
            "2026-01-02T12:00:00.0123456789Z",
        ] {
            assert_eq!(read_time(bad), None, "{bad}");
        }
    }
}
