//! Passwords by argon2id, and those that came with bcrypt, a few at a time.

use std::{num::NonZero, sync::Arc, thread};

use argon2::{
    Argon2, Params,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use async_trait::async_trait;
use bcrypt::HashParts;
use tokio::{sync::Semaphore, task::spawn_blocking};
use usher_application::{Passwords, StoreError};

/// As many at once as the machine has cores: more would only wait for each other, at 19 MiB each.
#[derive(Clone)]
pub(crate) struct PasswordPool {
    places: Arc<Semaphore>,
}

/// What a password is compared with when there is none: the cost of a real one, and no password
/// that anyone knows.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$dXNoZXIga25vd3Mgbm9uZQ\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl PasswordPool {
    pub(crate) fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self { places: Arc::new(Semaphore::new(cores)) }
    }

    /// Runs `work` once there is a place. The place is kept until the work is done, even if nobody
    /// waits for it any more.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let place = self.places.clone().acquire_owned().await.map_err(StoreError::new)?;
        let worked = spawn_blocking(move || {
            let _place = place;
            work()
        });
        worked.await.map_err(StoreError::new)
    }
}

#[async_trait]
impl Passwords for PasswordPool {
    async fn hash(&self, password: &str) -> Result<String, StoreError> {
        let password = password.to_owned();
        let hashed = self.run(move || Argon2::default().hash_password(password.as_bytes()));
        hashed.await?.map(|it| it.to_string()).map_err(|it| StoreError::new(it.to_string()))
    }

    async fn verify<'a>(&self, password: &str, hash: Option<&'a str>) -> Result<bool, StoreError> {
        let (password, hash) = (password.to_owned(), hash.unwrap_or(NOBODY).to_owned());
        self.run(move || is_it(&password, &hash)).await
    }
}

/// A hash that can be verified at a bearable cost. One from outside might ask for more memory than
/// the machine has, or for days.
enum Hash {
    Argon2(Box<PasswordHash>),
    Bcrypt,
}

fn read(hash: &str) -> Option<Hash> {
    if hash.starts_with("$2") {
        let parts: HashParts = hash.parse().ok()?;
        return (parts.get_cost() <= 16).then_some(Hash::Bcrypt);
    }
    let phc = PasswordHash::new(hash).ok()?;
    let params = Params::try_from(&phc).ok()?;
    let bearable = params.m_cost() <= 256 * 1024 && params.t_cost() <= 32 && params.p_cost() <= 16;
    let whole = phc.salt.is_some() && phc.hash.is_some();
    let known = matches!(phc.algorithm.as_str(), "argon2d" | "argon2i" | "argon2id");
    (bearable && whole && known).then(|| Hash::Argon2(Box::new(phc)))
}

/// Whether this is a hash that sign-in will be able to use.
pub(crate) fn is_usable(hash: &str) -> bool {
    read(hash).is_some()
}

fn is_it(password: &str, hash: &str) -> bool {
    match read(hash) {
        Some(Hash::Argon2(phc)) => {
            Argon2::default().verify_password(password.as_bytes(), &*phc).is_ok()
        }
        Some(Hash::Bcrypt) => bcrypt::verify(password, hash).unwrap_or(false),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_hashed_is_verified_and_nothing_else() {
        let pool = PasswordPool::new();
        let hash = pool.hash("seven llamas dance").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, pool.hash("seven llamas dance").await.unwrap());
        assert!(pool.verify("seven llamas dance", Some(&hash)).await.unwrap());
        assert!(!pool.verify("seven llamas sleep", Some(&hash)).await.unwrap());
        assert!(!pool.verify("seven llamas dance", None).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_from_elsewhere_is_good_too() {
        let pool = PasswordPool::new();
        let bcrypt = bcrypt::hash("seven llamas dance", 4).unwrap();
        for prefix in ["$2a$", "$2b$", "$2y$"] {
            let hash = bcrypt.replacen("$2b$", prefix, 1);
            assert!(pool.verify("seven llamas dance", Some(&hash)).await.unwrap(), "{prefix}");
            assert!(!pool.verify("seven llamas sleep", Some(&hash)).await.unwrap(), "{prefix}");
        }
        let weak = Argon2::from(Params::new(64, 1, 1, None).unwrap());
        let argon2 = weak.hash_password(b"seven llamas dance").unwrap().to_string();
        assert!(pool.verify("seven llamas dance", Some(&argon2)).await.unwrap());
    }

    #[test]
    fn nobody_costs_what_somebody_costs() {
        assert!(is_usable(NOBODY));
        assert!(NOBODY.contains("$m=19456,t=2,p=1$"));
    }

    #[test]
    fn a_hash_that_cannot_be_verified_or_would_take_for_ever_is_not_usable() {
        for hash in [
            "",
            "plain",
            "$2b$12$short",
            "$2b$31$abcdefghijklmnopqrstuuKOz3WwB4yIu9V5mVx0h3P7kQbOeZW2.",
            "$argon2id$v=19$m=19456,t=2,p=1$dXNoZXIga25vd3Mgbm9uZQ",
            "$argon2id$v=19$m=4194304,t=2,p=1$dXNoZXIga25vd3Mgbm9uZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        ] {
            assert!(!is_usable(hash), "{hash}");
            assert!(!is_it("", hash), "{hash}");
        }
    }
}
