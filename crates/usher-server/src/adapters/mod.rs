//! The adapters of ports that need only this machine, and the key file.

mod argon2_memory;
pub(crate) mod database_clock;
mod hash_threads;
pub(crate) mod key_file;
pub(crate) mod passwords;
pub(crate) mod system;
