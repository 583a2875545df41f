//! A filter that is made of others finds what those find: whichever indexes a store goes by, none may
//! leave out what the filter lets pass.

use std::collections::BTreeSet;

use usher_domain::{Actor, Invitation, Inviter, State, Status};

use crate::{
    ports::{
        invitations::{Filter, InvitationCondition, Invitations, Page, TextField, TextMatch},
        ledger::Ledger,
    },
    testing::{
        TENANT,
        contract::{commit, invitations, invited, organization_id},
        mailbox, noon, user_id,
    },
};

/// Some of every status, with and without each thing that the filters below ask for.
fn people() -> Vec<Invitation> {
    let statuses =
        [Status::Pending, Status::Lapsed, Status::Accepted, Status::Declined, Status::Revoked];
    let words = ["kitchen", "k\"itchen\\", "kit\\chen", "Küche", "k", ""];
    let mut all = Vec::new();
    for (status, word) in statuses.iter().flat_map(|it| words.map(|word| (*it, word))) {
        let n = all.len() as u128 + 1;
        let mut it = Invitation { status, ..invited(n) };
        it.mailbox = mailbox(&format!(
            "person{n}.{}@example.org",
            if n.is_multiple_of(3) { "cook" } else { "host" }
        ));
        it.offer.quiet = n.is_multiple_of(2);
        if !word.is_empty() {
            it.offer.inviter = Some(Inviter {
                user: n.is_multiple_of(4).then(|| user_id("ada")),
                name: format!("The {word} team"),
            });
            it.offer.labels.insert("team".to_owned(), word.to_owned());
        }
        if n.is_multiple_of(4) {
            it.offer.labels.insert("ki\"t".to_owned(), "team".to_owned());
            it.creator = Actor::User(user_id("ada"));
        }
        it.offer.organization = n.is_multiple_of(3).then(|| organization_id("x"));
        all.push(it);
    }
    all
}

fn conditions() -> Vec<InvitationCondition> {
    let like = |it: &[&str]| TextMatch::Like(it.iter().map(|it| (*it).to_owned()).collect());
    let equals = |it: &str| TextMatch::Equals(it.to_owned());
    let label = |name: &str, test| InvitationCondition::Label(name.to_owned(), test);
    vec![
        InvitationCondition::State(State::Pending),
        InvitationCondition::State(State::Expired),
        InvitationCondition::State(State::Accepted),
        InvitationCondition::State(State::Revoked),
        InvitationCondition::Lapsed,
        InvitationCondition::Text(TextField::Mailbox, like(&["", ".cook@", ""])),
        InvitationCondition::Text(TextField::Mailbox, equals("person4.host@example.org")),
        InvitationCondition::Text(TextField::Inviter, like(&["", "itchen", ""])),
        InvitationCondition::Text(TextField::Inviter, TextMatch::Absent),
        label("team", like(&["", "itch", ""])),
        label("team", equals("k\"itchen\\")),
        label("team", like(&["", "it\\ch", ""])),
        label("team", TextMatch::Absent),
        label("ki\"t", TextMatch::Present),
        InvitationCondition::Quiet(true),
        InvitationCondition::Organization(organization_id("x")),
        InvitationCondition::Inviter(user_id("ada")),
        InvitationCondition::Answered(Actor::User(user_id("ada"))),
    ]
}

async fn found(store: &impl Invitations, filter: &Filter) -> BTreeSet<u128> {
    let page = Page { after: None, skip: 0, limit: 1_000 };
    let all = store.list(TENANT, filter, page, noon()).await.unwrap();
    all.iter().map(|it| it.id.0.as_u128()).collect()
}

pub async fn together_filters_find_what_they_find_alone(store: impl Ledger + Invitations) {
    commit(&store, invitations(people())).await;
    let mut leaves = Vec::new();
    for it in conditions() {
        let (is, is_not) = (Filter::Is(it.clone()), Filter::Not(Box::new(Filter::Is(it))));
        for filter in [is, is_not] {
            let alone = found(&store, &filter).await;
            leaves.push((filter, alone));
        }
    }
    assert!(leaves.iter().all(|(_, alone)| alone.len() < 30), "each leaves somebody out");
    let open = &leaves[0];
    for (n, (a, of_a)) in leaves.iter().enumerate() {
        for (b, of_b) in &leaves[n + 1..] {
            let both: BTreeSet<_> = of_a & of_b;
            let either: BTreeSet<_> = of_a | of_b;
            let and = Filter::And(vec![a.clone(), b.clone()]);
            let or = Filter::Or(vec![a.clone(), b.clone()]);
            assert_eq!(found(&store, &and).await, both, "{and:?}");
            assert_eq!(found(&store, &or).await, either, "{or:?}");
            let within = Filter::And(vec![open.0.clone(), or]);
            assert_eq!(found(&store, &within).await, &open.1 & &either, "{within:?}");
            let beside = Filter::Or(vec![Filter::And(vec![open.0.clone(), a.clone()]), b.clone()]);
            assert_eq!(found(&store, &beside).await, &(&open.1 & of_a) | of_b, "{beside:?}");
        }
    }
}
