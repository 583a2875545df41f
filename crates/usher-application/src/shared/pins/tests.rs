use crate::policy::Policy;
use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};
use usher_domain::Keyring;
use usher_domain::PinRules;

use usher_domain::{Key, Membership};

use super::*;
use crate::testing::{MockPorts, TENANT, core, core_with, fake_store::place, keyring, membership};

#[tokio::test]
async fn pins_are_different_and_known_to_whom_they_belong() {
    let town = Town::of(&[], "0123456789", 4);
    let pins = town.pins.draw(TENANT, &place("team"), 500).await.unwrap();
    let texts: HashSet<_> = pins.iter().map(|it| town.text(it.as_ref().unwrap())).collect();
    assert_eq!(texts.len(), 500);
    assert!(texts.iter().all(|it| it.len() == 4));
}

#[tokio::test]
async fn as_long_as_few_are_in_use_one_read_is_enough() {
    let town = Town::of(&["0000", "1111", "2222"], "0123456789", 4);
    let pins = town.pins.draw(TENANT, &place("team"), 50).await.unwrap();
    assert!(pins.iter().all(Option::is_some));
    assert_eq!(town.reads(), 1);
}

#[tokio::test]
async fn nothing_is_read_for_nobody() {
    let town = Town::of(&[], "0123456789", 4);
    assert_eq!(town.pins.draw(TENANT, &place("team"), 0).await.unwrap(), []);
    assert_eq!(town.reads(), 0);
}

#[tokio::test]
async fn the_last_pins_go_to_who_comes_first_and_everybody_else_gets_none() {
    let left = ["0007", "9999"];
    let used: Vec<_> = (0..10_000).map(|it| format!("{it:04}")).collect();
    let used: Vec<_> = used.iter().map(String::as_str).filter(|it| !left.contains(it)).collect();
    let town = Town::of(&used, "0123456789", 4);
    let pins = town.pins.draw(TENANT, &place("team"), 100).await.unwrap();
    let mut given: Vec<_> = pins[..2].iter().map(|it| town.text(it.as_ref().unwrap())).collect();
    given.sort_unstable();
    assert_eq!(given, left);
    assert_eq!(pins[2..], vec![None; 98]);
    // One search through all that there are for each who gets one, and one more that finds none.
    assert!(town.asked() <= 100 * 4 + 3 * 10_000, "{}", town.asked());
    assert!(town.reads() <= 1 + 3 * 6, "{}", town.reads());
}

#[tokio::test]
async fn of_a_few_pins_each_is_given_once() {
    let town = Town::of(&["0000"], "01", 4);
    let pins = town.pins.draw(TENANT, &place("team"), 20).await.unwrap();
    let texts: HashSet<_> = pins.iter().flatten().map(|it| town.text(it)).collect();
    assert_eq!((texts.len(), pins.iter().flatten().count()), (15, 15));
    assert!(!texts.contains("0000"));
}

#[tokio::test]
async fn a_space_too_large_to_be_tried_in_full_counts_as_used_up_after_a_while() {
    let mut ports = MockPorts::default();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    ports.organizations.expect_holders().returning(move |_, _, digests| {
        counter.fetch_add(digests.len(), Relaxed);
        Ok(digests.iter().map(|it| holder(it.clone())).collect())
    });
    let pins = Pins::new(&core(&ports.into(), &policy("0123456789", 6)));
    let pins = Pins { patience: 5_000, ..pins };
    let drawn = pins.draw(TENANT, &place("team"), 3).await.unwrap();
    assert_eq!(drawn, [None, None, None]);
    assert_eq!(asked.load(Relaxed), 3 * 4 + (5_000 - 4));
}

#[tokio::test]
async fn a_pin_that_is_kept_by_an_old_key_is_in_use() {
    let old = Keyring::new(vec![Key::new("old", [1; 32])]).unwrap();
    let both = Keyring::new(vec![Key::new("new", [2; 32]), Key::new("old", [1; 32])]).unwrap();
    let all = (0..16).map(|it| format!("{it:04b}")).filter(|it| it != "1010" && it != "0110");
    let used = all.map(|it| old.pin_digest(&place("team"), &it)).collect();
    let town = Town::with(used, &both, &policy("01", 4));
    let pins = town.pins.draw(TENANT, &place("team"), 3).await.unwrap();
    let mut given: Vec<_> = pins.iter().flatten().map(|it| town.text(it)).collect();
    given.sort_unstable();
    assert_eq!(given, ["0110", "1010"]);
    for pin in pins.iter().flatten() {
        assert_eq!(pin.digest, both.pin_digest(&place("team"), &town.text(pin)));
    }
}

#[tokio::test]
async fn a_pin_from_outside_is_not_told_again() {
    let town = Town::of(&[], "0123456789", 4);
    let digest = keyring().pin_digest(&place("team"), "1234");
    assert_eq!(town.pins.reveal(&place("team"), &Pin { digest, seed: None }), None);
}

/// An organization where pins are in use.
struct Town {
    pins: Pins,
    reads: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

impl Town {
    fn of(used: &[&str], characters: &str, length: usize) -> Self {
        let used = used.iter().map(|it| keyring().pin_digest(&place("team"), it)).collect();
        Self::with(used, &keyring(), &policy(characters, length))
    }

    fn with(used: HashSet<Vec<u8>>, keyring: &Keyring, policy: &Policy) -> Self {
        let held: HashMap<_, _> = used.into_iter().map(|it| (it.clone(), holder(it))).collect();
        let (reads, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counter, digests_asked) = (reads.clone(), asked.clone());
        let mut ports = MockPorts::default();
        ports.organizations.expect_holders().returning(move |tenant, organization, digests| {
            assert_eq!((tenant, organization), (TENANT, &place("team")));
            counter.fetch_add(1, Relaxed);
            digests_asked.fetch_add(digests.len(), Relaxed);
            Ok(digests.iter().filter_map(|it| held.get(it).cloned()).collect())
        });
        Self { pins: Pins::new(&core_with(&ports.into(), keyring, policy)), reads, asked }
    }

    fn text(&self, pin: &Pin) -> String {
        self.pins.reveal(&place("team"), pin).unwrap()
    }

    fn reads(&self) -> usize {
        self.reads.load(Relaxed)
    }

    fn asked(&self) -> usize {
        self.asked.load(Relaxed)
    }
}

fn policy(characters: &str, length: usize) -> Policy {
    let pins = PinRules::new(characters, length).unwrap();
    Policy { pins, ..Policy::at("http://usher.test") }
}

fn holder(digest: Vec<u8>) -> Membership {
    Membership { pin: Some(Pin { digest, seed: None }), ..membership("someone", "team") }
}
