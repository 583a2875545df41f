//! Verifies passwords with argon2 in memory that is used again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, PasswordHash},
};

/// Memory that argon2 has filled, and that the next hash fills anew. Getting 19 MiB from the system and
/// giving them back takes about a tenth of the time of a hash.
#[derive(Default)]
pub(super) struct Argon2Memory(Mutex<Vec<Vec<Block>>>);

impl Argon2Memory {
    /// Whether a password is the one that was hashed. It is not if `hash` is no PHC string of argon2.
    pub(super) fn verify(&self, password: &str, hash: &str) -> bool {
        self.compare(password, hash).unwrap_or(false)
    }

    fn compare(&self, password: &str, hash: &str) -> Option<bool> {
        let hash = PasswordHash::new(hash).ok()?;
        let (salt, expected) = (hash.salt?, hash.hash?);
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
        let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash).ok()?);
        let mut memory = self.take(argon2.params().block_count());
        let mut found = vec![0; expected.len()];
        let hashed = argon2.hash_password_into_with_memory(
            password.as_bytes(),
            &salt,
            &mut found,
            &mut memory,
        );
        self.keep(memory);
        hashed.ok()?;
        // `Output` compares in constant time.
        Some(Output::new(&found).ok()? == expected)
    }

    /// Gives all of it back to the system.
    pub(super) fn release(&self) {
        self.free().clear();
    }

    fn take(&self, blocks: usize) -> Vec<Block> {
        let mut memory = self.free().pop().unwrap_or_default();
        memory.resize(blocks, Block::default());
        memory
    }

    /// A hash from elsewhere may take more than one of usher's own. Such memory is not kept.
    fn keep(&self, memory: Vec<Block>) {
        if memory.capacity() <= Params::default().block_count() {
            self.free().push(memory);
        }
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.free().len()
    }

    fn free(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher as _;

    use super::*;

    #[test]
    fn what_a_hash_leaves_behind_changes_no_later_answer() {
        let memory = Argon2Memory::default();
        let cheap = Argon2::from(Params::new(64, 1, 1, None).unwrap());
        let costly = Argon2::from(Params::new(32 * 1024, 1, 4, Some(64)).unwrap());
        let hashes = [&Argon2::default(), &cheap, &costly]
            .map(|it| it.hash_password(b"seven llamas dance").unwrap().to_string());
        for _ in 0..2 {
            for hash in &hashes {
                assert!(memory.verify("seven llamas dance", hash), "{hash}");
                assert!(!memory.verify("seven llamas sleep", hash), "{hash}");
            }
        }
    }

    #[test]
    fn the_memory_of_one_hash_is_that_of_the_next_until_it_is_released() {
        let memory = Argon2Memory::default();
        let hash = Argon2::default().hash_password(b"seven llamas dance").unwrap().to_string();
        let costly = Argon2::from(Params::new(32 * 1024, 1, 1, None).unwrap());
        let costly = costly.hash_password(b"seven llamas dance").unwrap().to_string();
        for hash in [&hash, &hash, &costly, &hash] {
            assert!(memory.verify("seven llamas dance", hash));
        }
        assert_eq!(memory.free().len(), 1);
        memory.release();
        assert_eq!(memory.free().len(), 0);
    }

    #[test]
    fn what_is_no_hash_of_argon2_is_not_verified() {
        for hash in ["", "plain", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ"] {
            assert!(!Argon2Memory::default().verify("plain", hash), "{hash}");
        }
    }
}
