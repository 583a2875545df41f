//! The audit keeps what was done.

use usher_domain::{Action, Actor, CredentialId, Entry, Invitation, RoleId, Subject, UserId};
use uuid::Uuid;

use crate::{
    ports::{
        audit::{Audit, AuditFilter},
        invitations::Invitations,
        ledger::{Changes, Ledger},
    },
    testing::{
        TENANT,
        contract::{
            ANY_TEXT, OTHER, commit, entry, id, invitations, invited, organization_id, profile_id,
            seconds, task_id,
        },
        user_id,
    },
};

fn audit(audit: Vec<Entry>) -> Changes {
    Changes { audit, ..Changes::default() }
}

pub async fn entries_come_newest_first_page_by_page(store: impl Ledger + Audit) {
    for n in [3, 1, 5, 2, 4] {
        commit(&store, audit(vec![entry(n)])).await;
    }
    let mut seen = Vec::new();
    let mut after = None;
    for _ in 0..9 {
        let page = store.list(TENANT, after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page);
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(entry));
}

pub async fn every_action_and_subject_round_trips(store: impl Ledger + Audit) {
    let actors = [
        Actor::System,
        Actor::Nobody,
        Actor::Client(CredentialId(Uuid::from_u128(0xc))),
        Actor::User(user_id("s")),
        Actor::User(user_id(&ANY_TEXT.replace('\n', " "))),
    ];
    let subjects = [
        Subject::Invitation(id(0xabc)),
        Subject::User(user_id("ü")),
        Subject::Credential(CredentialId(Uuid::from_u128(0xc))),
        Subject::Task(task_id(0xabc)),
        Subject::Profile(profile_id("ü p")),
        Subject::Organization(organization_id("ü o")),
        Subject::Role(RoleId::parse("ü r").unwrap()),
        Subject::Tenant,
    ];
    let details = [None, Some(String::new()), Some(ANY_TEXT.to_owned())];
    let mut entries = Vec::new();
    for (n, &action) in (1..).zip(Action::ALL) {
        let (actor, subject) = (actors[n % 5].clone(), subjects[n % 8].clone());
        let at = seconds(i64::try_from(n).unwrap());
        let detail = details[n % 3].clone();
        let source = [None, Some("2001:db8::/48".to_owned())][n % 2].clone();
        let count = [1, u32::MAX][n % 2];
        let written = Entry { at, actor, action, subject, detail, source, count, ..entry(0) };
        entries.push(Entry { id: entry(n as u128).id, ..written });
    }
    commit(&store, audit(entries.clone())).await;
    entries.reverse();
    assert_eq!(store.list(TENANT, None, 100).await.unwrap(), entries);
}

pub async fn entries_are_found_by_their_action_and_by_their_user(
    store: impl Ledger + Audit + Invitations,
) {
    use Action::{Accepted, Invited, Reset};
    let to_ada = Invitation { user: Some(user_id("ada")), ..invited(0xa) };
    commit(&store, invitations(vec![to_ada, invited(0xb)])).await;
    let [ada, bob] = ["ada", "bob"].map(user_id);
    let (by, of) = (|it: &UserId| Actor::User(it.clone()), |it: &UserId| Subject::User(it.clone()));
    let key = Actor::Client(CredentialId(Uuid::from_u128(0xada)));
    let all = [
        (key.clone(), Invited, Subject::Invitation(id(0xa))),
        (key.clone(), Invited, Subject::Invitation(id(0xb))),
        (by(&ada), Accepted, Subject::Invitation(id(0xa))),
        (by(&bob), Accepted, Subject::Invitation(id(0xb))),
        (by(&bob), Reset, of(&ada)),
        (by(&ada), Reset, of(&bob)),
        (by(&ada), Reset, of(&ada)),
        (key, Reset, of(&user_id("adam"))),
    ];
    let written = all.into_iter().zip(1..).map(|((actor, action, subject), n)| Entry {
        actor,
        action,
        subject,
        ..entry(n)
    });
    let theirs = Entry { tenant: OTHER, actor: by(&ada), ..entry(9) };
    commit(&store, audit(written.chain([theirs]).collect())).await;
    let found = async |actions: &[Action], user: Option<&UserId>, limit| {
        let filter = AuditFilter { actions: actions.to_vec(), user: user.cloned() };
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = store.matching(TENANT, &filter, after, limit).await.unwrap();
            assert!(page.len() as u64 <= limit);
            let Some(last) = page.last() else { break all };
            after = Some(last.id);
            all.extend(page.iter().map(|it| it.id.0.as_u128()));
        }
    };
    for limit in [1, 2, 3, 100] {
        assert_eq!(found(&[], None, limit).await, [8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(found(&[Reset], None, limit).await, [8, 7, 6, 5]);
        assert_eq!(found(&[Invited, Accepted, Invited], None, limit).await, [4, 3, 2, 1]);
        assert_eq!(found(&[Action::Declined], None, limit).await, []);
        assert_eq!(found(&[], Some(&ada), limit).await, [7, 6, 5, 3, 1]);
        assert_eq!(found(&[], Some(&bob), limit).await, [6, 5, 4]);
        assert_eq!(found(&[Invited, Accepted], Some(&ada), limit).await, [3, 1]);
        assert_eq!(found(&[Accepted], Some(&user_id("adam")), limit).await, []);
    }
}

pub async fn a_tenant_never_sees_anothers_entries(store: impl Ledger + Audit) {
    let theirs = Entry { tenant: OTHER, ..entry(2) };
    commit(&store, audit(vec![entry(1), theirs.clone(), entry(3)])).await;
    assert_eq!(store.list(TENANT, None, 100).await.unwrap(), [entry(3), entry(1)]);
    assert_eq!(store.list(TENANT, Some(theirs.id), 100).await.unwrap(), [entry(1)]);
    assert_eq!(store.list(OTHER, None, 100).await.unwrap(), [theirs]);
}
