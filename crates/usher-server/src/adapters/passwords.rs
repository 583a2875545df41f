//! The port Passwords: hashes with argon2id, verifies argon2 and bcrypt, a few at the same time.

use std::{num::NonZero, sync::Arc, thread};

use argon2::{Argon2, password_hash::PasswordHasher as _};
use async_trait::async_trait;
use tokio::{sync::Semaphore, task::spawn_blocking};
use usher_application::{Passwords, StoreError};
use usher_domain::check_password_hash;

use crate::adapters::argon2_memory::Argon2Memory;

/// Hashes and verifies as many passwords at the same time as the machine has cores. More would only wait
/// for each other, and each takes 19 MiB.
#[derive(Clone)]
pub(crate) struct PasswordPool {
    slots: Arc<Semaphore>,
    /// Room for those that have a slot or wait for one. Whoever finds none is told to try again, rather
    /// than that all others wait ever longer.
    queue: Arc<Semaphore>,
    places: usize,
    memory: Arc<Argon2Memory>,
}

/// How many passwords may wait for each that is being hashed: a second's work.
const QUEUE: usize = 32;

/// What a password is compared with when there is no hash. It costs as much as a real one, so that the
/// time shows nothing, and no known password fits it.
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$dXNoZXIga25vd3Mgbm9uZQ\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl PasswordPool {
    pub(crate) fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self::with_slots(cores)
    }

    fn with_slots(slots: usize) -> Self {
        let places = slots * (1 + QUEUE);
        let (slots, queue) = (Arc::new(Semaphore::new(slots)), Arc::new(Semaphore::new(places)));
        Self { slots, queue, places, memory: Arc::default() }
    }

    /// Runs `work` on a thread as soon as a slot is free. The slot stays taken until the work is done,
    /// even if nobody waits for the result any more.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let _place = self.queue.try_acquire().map_err(|_| StoreError::busy())?;
        let slot = self.slots.clone().acquire_owned().await.map_err(StoreError::new)?;
        let result = spawn_blocking(move || {
            let _slot = slot;
            work()
        });
        let result = result.await.map_err(StoreError::new);
        let is_last = self.queue.available_permits() + 1 == self.places;
        if is_last {
            self.memory.release();
        }
        result
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
        let (password, hash) = (password.to_owned(), hash.unwrap_or(DUMMY_HASH).to_owned());
        let memory = self.memory.clone();
        self.run(move || matches_hash(&memory, &password, &hash)).await
    }
}

/// Whether the password fits the hash. One that usher does not take is not verified either: it might
/// demand more memory than the machine has, or days of work.
fn matches_hash(memory: &Argon2Memory, password: &str, hash: &str) -> bool {
    if check_password_hash(hash).is_err() {
        return false;
    }
    if hash.starts_with("$2") {
        return bcrypt::verify(password, hash).unwrap_or(false);
    }
    memory.verify(password, hash)
}

#[cfg(test)]
mod tests {
    use argon2::Params;

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
    async fn a_hash_from_another_system_is_verified() {
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

    #[tokio::test]
    async fn a_flood_of_passwords_is_refused_and_the_queue_stays_short() {
        let pool = PasswordPool::with_slots(1);
        // The one slot is taken: everybody else waits, or is refused.
        let slot = pool.slots.clone().acquire_owned().await.unwrap();
        let verifies = (0..100).map(|_| pool.verify("seven llamas dance", Some("plain")));
        let mut verifies: Vec<_> = verifies.collect();
        let mut refused = 0;
        let mut waiting = Vec::new();
        for mut it in verifies.drain(..) {
            match poll_once(&mut it).await {
                Some(outcome) => {
                    assert!(outcome.unwrap_err().is_busy());
                    refused += 1;
                }
                None => waiting.push(it),
            }
        }
        assert_eq!((refused, waiting.len()), (100 - 1 - QUEUE, 1 + QUEUE));
        drop(slot);
        for it in waiting {
            assert!(!it.await.unwrap());
        }
        assert!(pool.verify("seven llamas dance", Some("plain")).await.is_ok());
    }

    /// What a future is ready with at once.
    async fn poll_once<T>(it: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
        let mut it = std::pin::pin!(it);
        std::future::poll_fn(|cx| match it.as_mut().poll(cx) {
            std::task::Poll::Ready(it) => std::task::Poll::Ready(Some(it)),
            std::task::Poll::Pending => std::task::Poll::Ready(None),
        })
        .await
    }

    #[test]
    fn the_dummy_hash_costs_what_a_real_one_costs() {
        assert_eq!(check_password_hash(DUMMY_HASH), Ok(()));
        assert!(DUMMY_HASH.contains("$m=19456,t=2,p=1$"));
    }

    #[test]
    fn a_hash_that_costs_too_much_is_not_verified() {
        for cost in [14, 15] {
            let hash = bcrypt::hash("x", 4).unwrap().replacen("$04$", &format!("${cost}$"), 1);
            assert_eq!(check_password_hash(&hash).is_ok(), cost == 14);
            if cost > 14 {
                assert!(!matches_hash(&Argon2Memory::default(), "x", &hash));
            }
        }
        let costly = Argon2::from(Params::new(8, 5, 1, None).unwrap());
        let hash = costly.hash_password(b"seven llamas dance").unwrap().to_string();
        assert!(!matches_hash(&Argon2Memory::default(), "seven llamas dance", &hash));
    }
}
