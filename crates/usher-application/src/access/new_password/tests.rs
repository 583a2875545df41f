use usher_domain::Quotas;

use super::*;
use crate::{
    policy::Policy,
    testing::{active, core, fake_store::FakeStore, noon},
};

#[tokio::test]
async fn whoever_has_proven_their_mailbox_is_told_of_each_new_password() {
    for (proven, told) in [(Some(noon()), [1, 1]), (None, [1, 0])] {
        let world = FakeStore::of(vec![], vec![]);
        let quotas = Quotas { requested: 1, ..Quotas::default() };
        let policy = Policy { quotas, ..Policy::at("http://usher.test") };
        let passwords = NewPassword::new(&core(&world.ports, &policy));
        let user = User { mailbox_proven_at: proven, ..active("ada") };
        for expected in told {
            let hash = String::new();
            let made = passwords.changes(user.clone(), hash, Browser::default(), noon());
            let (changes, _) = made.await.unwrap();
            assert_eq!(changes.jobs.len(), expected, "{proven:?}");
            let Changes { jobs, spent, .. } = changes;
            let changes = Changes { jobs, spent, ..Changes::default() };
            world.ports.ledger.commit(&changes).await.unwrap();
        }
    }
}
