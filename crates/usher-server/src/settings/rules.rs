//! The rules that no type expresses, and the error that names the setting and the rule.

use std::{fmt::Display, ops::RangeInclusive};

use chrono::TimeDelta;
use usher_mail::InvalidSetting;

use crate::duration;

/// The settings are not valid. The text names the setting and the rule, and never shows the value,
/// which may be secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadSettings(pub String);

/// A setting that breaks a rule.
pub(crate) fn bad(setting: &str, rule: impl Display) -> BadSettings {
    BadSettings(format!("{setting}: {rule}"))
}

pub(crate) fn ensure(holds: bool, setting: &str, rule: &str) -> Result<(), BadSettings> {
    if holds { Ok(()) } else { Err(bad(setting, rule)) }
}

pub(crate) fn ensure_within<T: Copy + Display + PartialOrd>(
    range: RangeInclusive<T>,
    setting: &str,
    value: T,
) -> Result<(), BadSettings> {
    let (min, max) = (range.start(), range.end());
    ensure(range.contains(&value), setting, &format!("must be between {min} and {max}"))
}

pub(crate) fn ensure_lasts(
    range: RangeInclusive<TimeDelta>,
    setting: &str,
    value: TimeDelta,
) -> Result<(), BadSettings> {
    let (min, max) = (duration::format(*range.start()), duration::format(*range.end()));
    ensure(range.contains(&value), setting, &format!("must be between {min} and {max}"))
}

impl From<InvalidSetting> for BadSettings {
    fn from(it: InvalidSetting) -> Self {
        bad(it.setting, it.rule)
    }
}
