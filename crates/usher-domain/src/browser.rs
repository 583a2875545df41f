//! What is known of the browser that a session is in.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// A browser, in words that are ours: what it says of itself is not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Browser {
    pub family: Option<BrowserFamily>,
    pub system: Option<OperatingSystem>,
}

/// Whose browser it is, by the name that people know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
pub enum BrowserFamily {
    Chrome,
    Edge,
    Firefox,
    Opera,
    Safari,
    #[strum(serialize = "Samsung Internet")]
    SamsungInternet,
}

/// What the browser runs on, by the name that people know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
pub enum OperatingSystem {
    Android,
    #[strum(serialize = "ChromeOS")]
    ChromeOs,
    #[strum(serialize = "iOS")]
    Ios,
    Linux,
    #[strum(serialize = "macOS")]
    MacOs,
    Windows,
}

impl BrowserFamily {
    pub const ALL: &[Self] = Self::VARIANTS;

    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl OperatingSystem {
    pub const ALL: &[Self] = Self::VARIANTS;

    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
