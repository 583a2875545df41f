//! The port Passwords: hashes with argon2id, verifies argon2 and bcrypt, a few at the same time.

use std::{
    collections::{HashMap, hash_map::Entry},
    num::NonZero,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use argon2::{Argon2, password_hash::PasswordHasher as _};
use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use usher_application::{HashPlace, HashedFor, Passwords, StoreError};
use usher_domain::{Actor, TenantId, check_password_hash};

use crate::adapters::{
    argon2_memory::Argon2Memory,
    hash_threads::{HashThreads, Lane},
};

/// Hashes and verifies as many passwords at the same time as the machine has cores. More would only wait
/// for each other, and each takes 19 MiB.
#[derive(Clone)]
pub(crate) struct PasswordPool {
    threads: HashThreads,
    rooms: Arc<Rooms>,
    memory: Arc<Argon2Memory>,
}

/// Room for those that have a thread or wait for one. Whoever finds none is told to try again, rather
/// than that all others wait ever longer.
struct Rooms {
    of_all: Arc<Semaphore>,
    /// More room, for those who are known.
    of_known: Arc<Semaphore>,
    /// More room, for those who are invited.
    of_invited: Arc<Semaphore>,
    /// How many places each of those who are known has in front of strangers.
    shares: Mutex<HashMap<Share, usize>>,
    places: usize,
}

type Share = (TenantId, Actor);

/// A place in the queue. Whoever leaves it empty gives the memory back.
struct Taken {
    place: Option<OwnedSemaphorePermit>,
    share: Option<Share>,
    pool: PasswordPool,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.place = None;
        let rooms = &self.pool.rooms;
        if let Some(share) = self.share.take() {
            rooms.give_back(share);
        }
        if rooms.are_empty() {
            self.pool.memory.release();
        }
    }
}

/// How many passwords may wait for each that is being hashed: a second's work.
const QUEUE: usize = 32;
/// How many of those who are known, and of those who are invited, may wait beside as many strangers.
const RESERVE: usize = 8;
/// How many places somebody who is known has at a time. Beyond them they are as strangers are: whoever
/// has an account keeps nobody else out.
const SHARE: usize = 2;

/// What a password is compared with when there is no hash. It costs as much as a real one, so that the
/// time shows nothing, and no known password fits it.
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$dXNoZXIga25vd3Mgbm9uZQ\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl PasswordPool {
    pub(crate) fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self::with_threads(cores)
    }

    fn with_threads(threads: usize) -> Self {
        let room = |places| Arc::new(Semaphore::new(places));
        let places = threads * (1 + QUEUE);
        let rooms = Rooms {
            of_all: room(places),
            of_known: room(threads * RESERVE),
            of_invited: room(threads * RESERVE),
            shares: Mutex::default(),
            places,
        };
        let threads = HashThreads::start(threads);
        Self { threads, rooms: Arc::new(rooms), memory: Arc::default() }
    }
}

impl Rooms {
    /// A place for them, and their share if they have it in front of strangers.
    fn place(&self, whom: HashedFor) -> Option<(OwnedSemaphorePermit, Option<Share>)> {
        let free = |room: &Arc<Semaphore>| room.clone().try_acquire_owned().ok();
        let place = free(&self.of_all);
        match whom {
            HashedFor::Known(tenant, actor) => {
                let share = (tenant, actor);
                if !self.take(&share) {
                    return Some((place?, None));
                }
                let place = place.or_else(|| free(&self.of_known));
                if place.is_none() {
                    self.give_back(share);
                    return None;
                }
                Some((place?, Some(share)))
            }
            HashedFor::Invited => Some((place.or_else(|| free(&self.of_invited))?, None)),
            HashedFor::Stranger => Some((place?, None)),
        }
    }

    fn take(&self, share: &Share) -> bool {
        let mut shares = self.shares();
        let taken = shares.entry(share.clone()).or_default();
        let is_free = *taken < SHARE;
        *taken += usize::from(is_free);
        is_free
    }

    fn give_back(&self, share: Share) {
        if let Entry::Occupied(mut it) = self.shares().entry(share) {
            *it.get_mut() -= 1;
            if *it.get() == 0 {
                it.remove();
            }
        }
    }

    fn shares(&self) -> MutexGuard<'_, HashMap<Share, usize>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn are_empty(&self) -> bool {
        self.of_all.available_permits() == self.places
    }
}

/// The lane of a place that [`PasswordPool`] gave.
fn lane(place: &HashPlace) -> Lane {
    let is_known = place.held::<Taken>().is_some_and(|it| it.share.is_some());
    if is_known { Lane::Known } else { Lane::Others }
}

#[async_trait]
impl Passwords for PasswordPool {
    fn place(&self, whom: HashedFor) -> Result<HashPlace, StoreError> {
        let Some((place, share)) = self.rooms.place(whom) else {
            tracing::warn!(event = "passwords_crowded", "too many passwords wait to be hashed");
            return Err(StoreError::crowded());
        };
        Ok(HashPlace::holding(Taken { place: Some(place), share, pool: self.clone() }))
    }

    async fn hash(&self, place: &HashPlace, password: &str) -> Result<String, StoreError> {
        let password = password.to_owned();
        let work = move || Argon2::default().hash_password(password.as_bytes());
        let hashed = self.threads.run(lane(place), work);
        hashed.await?.map(|it| it.to_string()).map_err(|it| StoreError::new(it.to_string()))
    }

    async fn verify<'a>(
        &self,
        place: &HashPlace,
        password: &str,
        hash: Option<&'a str>,
    ) -> Result<bool, StoreError> {
        let (password, hash) = (password.to_owned(), hash.unwrap_or(DUMMY_HASH).to_owned());
        let memory = self.memory.clone();
        self.threads.run(lane(place), move || matches_hash(&memory, &password, &hash)).await
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
    use usher_domain::UserId;
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn what_was_hashed_is_verified_and_nothing_else() {
        let pool = PasswordPool::new();
        let place = pool.place(HashedFor::Stranger).unwrap();
        let hash = pool.hash(&place, "seven llamas dance").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, pool.hash(&place, "seven llamas dance").await.unwrap());
        assert!(pool.verify(&place, "seven llamas dance", Some(&hash)).await.unwrap());
        assert!(!pool.verify(&place, "seven llamas sleep", Some(&hash)).await.unwrap());
        assert!(!pool.verify(&place, "seven llamas dance", None).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_from_another_system_is_verified() {
        let pool = PasswordPool::new();
        let place = pool.place(HashedFor::Stranger).unwrap();
        let bcrypt = bcrypt::hash("seven llamas dance", 4).unwrap();
        for prefix in ["$2a$", "$2b$", "$2y$"] {
            let hash = bcrypt.replacen("$2b$", prefix, 1);
            assert!(
                pool.verify(&place, "seven llamas dance", Some(&hash)).await.unwrap(),
                "{prefix}"
            );
            assert!(
                !pool.verify(&place, "seven llamas sleep", Some(&hash)).await.unwrap(),
                "{prefix}"
            );
        }
        let weak = Argon2::from(Params::new(64, 1, 1, None).unwrap());
        let argon2 = weak.hash_password(b"seven llamas dance").unwrap().to_string();
        assert!(pool.verify(&place, "seven llamas dance", Some(&argon2)).await.unwrap());
    }

    #[tokio::test]
    async fn a_flood_of_passwords_is_refused_and_the_queue_stays_short() {
        let pool = PasswordPool::with_threads(1);
        let places: Vec<_> =
            (0..100).filter_map(|_| pool.place(HashedFor::Stranger).ok()).collect();
        assert_eq!(places.len(), 1 + QUEUE);
        assert!(pool.place(HashedFor::Stranger).err().is_some_and(|it| it.is_crowded()));
        let verified = |it| pool.verify(it, "seven llamas dance", Some("plain"));
        assert!(!verified(&places[0]).await.unwrap());
        drop(places);
        assert!(pool.rooms.are_empty());
        assert!(pool.place(HashedFor::Stranger).is_ok());
    }

    fn known(who: &str) -> HashedFor {
        let actor = Actor::User(UserId::parse(who).unwrap());
        HashedFor::Known(TenantId(Uuid::nil()), actor)
    }

    #[test]
    fn a_flood_of_strangers_leaves_places_for_those_who_are_known_and_for_those_who_are_invited() {
        let pool = PasswordPool::with_threads(1);
        let taken = |whom: &dyn Fn(usize) -> HashedFor| -> Vec<_> {
            (0..100).map_while(|n| pool.place(whom(n)).ok()).collect()
        };
        let strangers = taken(&|_| HashedFor::Stranger);
        let people = taken(&|n| known(&n.to_string()));
        let invited = taken(&|_| HashedFor::Invited);
        assert_eq!([strangers.len(), people.len(), invited.len()], [1 + QUEUE, RESERVE, RESERVE]);
        drop(strangers);
        // They take the places of all first, and never more than there are.
        assert_eq!(taken(&|n| known(&(n % 50).to_string())).len(), 1 + QUEUE);
    }

    #[test]
    fn nobody_who_is_known_keeps_others_out() {
        let pool = PasswordPool::with_threads(1);
        let taken =
            |who: &str| -> Vec<_> { (0..100).map_while(|_| pool.place(known(who)).ok()).collect() };
        let insider = taken("insider");
        assert_eq!(insider.len(), 1 + QUEUE);
        let lanes: Vec<_> = insider.iter().map(lane).collect();
        assert_eq!(lanes[..SHARE], [Lane::Known; SHARE]);
        assert!(lanes[SHARE..].iter().all(|it| *it == Lane::Others));
        let ada = taken("ada");
        assert_eq!(ada.iter().map(lane).collect::<Vec<_>>(), [Lane::Known; SHARE]);
        drop((insider, ada));
        assert!(pool.rooms.shares().is_empty());
    }

    #[tokio::test]
    async fn the_last_one_gives_the_memory_back() {
        let pool = PasswordPool::with_threads(2);
        let [first, second] =
            [pool.place(HashedFor::Stranger).unwrap(), pool.place(HashedFor::Stranger).unwrap()];
        pool.verify(&first, "seven llamas dance", None).await.unwrap();
        drop(second);
        assert_eq!(pool.memory.kept(), 1);
        drop(first);
        assert_eq!(pool.memory.kept(), 0);
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
