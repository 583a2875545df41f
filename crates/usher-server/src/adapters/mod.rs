//! The ports that need nothing but this machine: its clock, its entropy, its processors, a key file.

pub(crate) mod key_file;
pub(crate) mod passwords;
pub(crate) mod system;
