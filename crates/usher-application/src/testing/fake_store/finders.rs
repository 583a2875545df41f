//! What a [`FakeStore`](super::FakeStore) knows, as the ports tell it.

use std::{
    cmp::Reverse,
    collections::HashSet,
    sync::{Arc, Mutex},
};

use usher_domain::{
    Credential, Document, Invitation, Membership, Organization, OrganizationId, RoleId, Session,
    Status, Timestamp, User,
};

use super::{MockPorts, State};
use crate::ports::{
    directory::{InviteeQuery, InviteeState},
    invitations::{Filter, InvitationCondition, TextField, TextMatch},
    users::{Documents, UserCondition, UserWithStatus},
};

/// Every finder that these use cases call, over the same state.
#[expect(clippy::too_many_lines, reason = "a list")]
pub(super) fn mocks(state: &Arc<Mutex<State>>) -> MockPorts {
    let mut ports = MockPorts::default();
    let of = || state.clone();
    let it = of();
    ports.ledger.expect_commit().returning(move |changes| it.lock().unwrap().commit(changes));
    let it = of();
    ports.postman.expect_delivers().returning(move || !it.lock().unwrap().mute);
    let it = of();
    ports.tenants.expect_named().returning(move |name| {
        Ok(it.lock().unwrap().tenants.iter().find(|it| it.name == name).cloned())
    });
    let it = of();
    ports
        .tenants
        .expect_find()
        .returning(move |id| Ok(it.lock().unwrap().tenants.iter().find(|it| it.id == id).cloned()));
    let it = of();
    ports.users.expect_find_many().returning(move |tenant, who| {
        let state = it.lock().unwrap();
        Ok(who.iter().map(|it| state.user(tenant, it).cloned()).collect())
    });
    let it = of();
    ports.users.expect_written_to().returning(move |letters| {
        let all = &it.lock().unwrap().users;
        let key = |it: &User| it.letters.as_ref().map(|letters| (it.tenant, letters.id));
        let find = |asked| all.iter().find(|it| key(it).as_ref() == Some(asked)).cloned();
        Ok(letters.iter().map(find).collect())
    });
    let it = of();
    ports.sessions.expect_list().returning(move |tenant, user, now, limit| {
        let all = &it.lock().unwrap().sessions;
        let is_theirs = |it: &&Session| it.tenant == tenant && it.user == *user && it.lasts(now);
        let mut found: Vec<_> = all.iter().filter(is_theirs).cloned().collect();
        found.sort_by_key(|it| Reverse((it.created_at, it.id)));
        found.truncate(usize::try_from(limit).unwrap());
        Ok(found)
    });
    let it = of();
    ports.sessions.expect_find().returning(move |tenant, id| {
        let all = &it.lock().unwrap().sessions;
        Ok(all.iter().find(|it| it.tenant == tenant && it.id == id).cloned())
    });
    let it = of();
    ports.organizations.expect_find_many().returning(move |tenant, ids| {
        let all = &it.lock().unwrap().organizations;
        let find = |id: &OrganizationId| {
            all.iter().find(|it| it.tenant == tenant && it.id == *id).cloned()
        };
        Ok(ids.iter().map(find).collect())
    });
    let it = of();
    ports.organizations.expect_named().returning(move |tenant, text| {
        let all = &it.lock().unwrap().organizations;
        let folded = Organization::folded_code(text);
        let has_code = |it: &Organization| {
            it.code.as_deref().is_some_and(|it| Organization::folded_code(it) == folded)
        };
        let named = |it: &&Organization| it.id.as_str() == text || has_code(it);
        Ok(all.iter().filter(|it| it.tenant == tenant).find(named).cloned())
    });
    let it = of();
    ports.organizations.expect_seats().returning(move |tenant, seats| {
        let all = &it.lock().unwrap().memberships;
        let find = |(user, place): &_| {
            let is = |it: &&Membership| {
                it.tenant == tenant && it.user == *user && it.organization == *place
            };
            all.iter().find(is).cloned()
        };
        Ok(seats.iter().map(find).collect())
    });
    let it = of();
    ports.organizations.expect_memberships().returning(move |tenant, users| {
        let all = &it.lock().unwrap().memberships;
        let is = |it: &&Membership| it.tenant == tenant && users.contains(&it.user);
        Ok(all.iter().filter(is).cloned().collect())
    });
    let it = of();
    ports.organizations.expect_holders().returning(move |tenant, place, digests| {
        let mut state = it.lock().unwrap();
        state.calls.push("holders");
        let digests: HashSet<_> = digests.iter().collect();
        let is = |it: &&Membership| {
            let has_one = it.pin.as_ref().is_some_and(|it| digests.contains(&it.digest));
            it.tenant == tenant && it.organization == *place && has_one
        };
        Ok(state.memberships.iter().filter(is).cloned().collect())
    });
    let it = of();
    ports.organizations.expect_list().returning(move |tenant, _, _| {
        let all = &it.lock().unwrap().organizations;
        Ok(all.iter().filter(|it| it.tenant == tenant).cloned().collect())
    });
    let it = of();
    ports.organizations.expect_bearers().returning(move |tenant, role| {
        let all = &it.lock().unwrap().memberships;
        let has = |it: &&Membership| it.tenant == tenant && it.roles.iter().any(|it| it == role);
        Ok(all.iter().filter(has).cloned().collect())
    });
    let it = of();
    ports.organizations.expect_seats_used().returning(move |_, ids, now| {
        let state = it.lock().unwrap();
        Ok(ids.iter().map(|it| state.seats_used(it, now)).collect())
    });
    let it = of();
    ports.organizations.expect_joined_by().returning(move |tenant, domain| {
        let all = &it.lock().unwrap().organizations;
        let is = |it: &&Organization| {
            let owns = it.domains.iter().any(|it| it.verified && it.name == domain);
            it.tenant == tenant && it.active && it.policies.join && owns
        };
        Ok(all.iter().filter(is).cloned().collect())
    });
    let it = of();
    ports.users.expect_search().returning(move |tenant, filter, _, skip, limit, _| {
        let Filter::Is(UserCondition::Role(role)) = filter else { panic!("a role is asked for") };
        let (skip, limit) = (usize::try_from(skip).unwrap(), usize::try_from(limit).unwrap());
        let all = &it.lock().unwrap().users;
        let has = |it: &&User| it.tenant == tenant && it.roles.contains(role);
        let found = all.iter().filter(has).skip(skip).take(limit).cloned();
        Ok(found.map(|user| UserWithStatus { user, invited: false }).collect())
    });
    let it = of();
    ports.users.expect_search_by_id().returning(
        move |tenant, filter, after, limit, documents, _| {
            let mut found = it.lock().unwrap().users.clone();
            found.retain(|it| it.tenant == tenant && holds_of_user(filter, it));
            found.retain(|it| after.as_ref().is_none_or(|after| it.id > *after));
            found.sort_by(|a, b| a.id.cmp(&b.id));
            found.truncate(usize::try_from(limit).unwrap());
            let as_read =
                |it| if documents == Documents::With { it } else { without_documents(it) };
            Ok(found.into_iter().map(as_read).collect())
        },
    );
    let it = of();
    ports.users.expect_without_documents().returning(move |tenant, ids| {
        let mut found = it.lock().unwrap().users.clone();
        found.retain(|it| it.tenant == tenant && ids.contains(&it.id));
        found.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(found.into_iter().map(without_documents).collect())
    });
    let it = of();
    ports.roles.expect_find_many().returning(move |tenant, ids| {
        let all = &it.lock().unwrap().roles;
        let find = |id: &RoleId| all.iter().find(|it| it.tenant == tenant && it.id == *id).cloned();
        Ok(ids.iter().map(find).collect())
    });
    let it = of();
    ports.roles.expect_list().returning(move |tenant| {
        let all = &it.lock().unwrap().roles;
        Ok(all.iter().filter(|it| it.tenant == tenant).cloned().collect())
    });
    let it = of();
    ports.credentials.expect_find().returning(move |id| {
        Ok(it.lock().unwrap().credentials.iter().find(|it| it.client_id() == id).cloned())
    });
    let it = of();
    ports.credentials.expect_list().returning(move |tenant| {
        let all = &it.lock().unwrap().credentials;
        Ok(all.iter().filter(|it| it.tenant == tenant).cloned().collect())
    });
    let it = of();
    ports.credentials.expect_of_users().returning(move |tenant, users| {
        let mut state = it.lock().unwrap();
        state.calls.push("keys");
        let all = &state.credentials;
        let is = |it: &&Credential| {
            let is_theirs = it.user.as_ref().is_some_and(|user| users.contains(user));
            it.tenant == tenant && it.revoked_at.is_none() && is_theirs
        };
        Ok(all.iter().filter(is).cloned().collect())
    });
    let it = of();
    ports.invitations.expect_find().returning(move |tenant, id| {
        let all = &it.lock().unwrap().invitations;
        Ok(all.iter().find(|it| it.tenant == tenant && it.id == id).cloned())
    });
    let it = of();
    ports.invitations.expect_proven().returning(move |ids| {
        let all = &it.lock().unwrap().invitations;
        let find = |asked: &_| all.iter().find(|it| (it.tenant, it.id) == *asked).cloned();
        Ok(ids.iter().map(find).collect())
    });
    let it = of();
    ports.invitations.expect_list().returning(move |tenant, filter, page, now| {
        let all = &it.lock().unwrap().invitations;
        let is = |it: &&Invitation| it.tenant == tenant && holds(filter, it, now);
        let mut found: Vec<_> = all.iter().filter(is).cloned().collect();
        found.sort_by_key(|it| Reverse((it.issued_at, it.id)));
        found.retain(|it| {
            page.after.is_none_or(|after| (it.issued_at, it.id) < (after.issued_at, after.id))
        });
        let (skip, limit) = (page.skip.try_into().unwrap(), page.limit.try_into().unwrap());
        Ok(found.into_iter().skip(skip).take(limit).collect())
    });
    let it = of();
    ports.directory.expect_resolve().returning(move |tenant, questions| {
        let state = it.lock().unwrap();
        let stand = |question: &InviteeQuery| {
            let user = state.user(tenant, &question.who).cloned();
            let place = question.organization.as_ref();
            let is_theirs = |it: &Membership| {
                user.as_ref().is_some_and(|user| user.id == it.user)
                    && Some(&it.organization) == place
            };
            let member = state.memberships.iter().any(is_theirs);
            let standing = InviteeState { user, member, ..InviteeState::default() };
            let mailbox = standing.mailbox(&question.who);
            let waits = |it: &&Invitation| {
                it.tenant == tenant
                    && it.status == Status::Pending
                    && Some(&it.mailbox) == mailbox.as_ref()
                    && it.offer.organization.as_ref() == place
            };
            let pending = state.invitations.iter().find(waits).cloned();
            InviteeState { pending, ..standing }
        };
        Ok(questions.iter().map(stand).collect())
    });
    ports
}

fn without_documents(it: User) -> User {
    User { profile: Document::default(), attributes: Document::default(), ..it }
}

/// Whether a user meets a filter, as far as these use cases ask.
fn holds_of_user(filter: &Filter<UserCondition>, it: &User) -> bool {
    match filter {
        Filter::Everything => true,
        Filter::And(all) => all.iter().all(|filter| holds_of_user(filter, it)),
        Filter::Or(any) => any.iter().any(|filter| holds_of_user(filter, it)),
        Filter::Not(filter) => !holds_of_user(filter, it),
        Filter::Is(UserCondition::Role(role)) => it.roles.contains(role),
        Filter::Is(UserCondition::GivenBy(actor)) => {
            it.gifts.iter().any(|(_, gift)| gift.givers().any(|(it, _)| it == actor))
        }
        Filter::Is(UserCondition::Status(status)) => it.status == *status,
        Filter::Is(other) => panic!("{other:?} is not asked for"),
    }
}

/// Whether an invitation passes, as far as these use cases ask.
fn holds(filter: &Filter, it: &Invitation, now: Timestamp) -> bool {
    let test = match filter {
        Filter::Everything => return true,
        Filter::And(all) => return all.iter().all(|filter| holds(filter, it, now)),
        Filter::Or(any) => return any.iter().any(|filter| holds(filter, it, now)),
        Filter::Not(filter) => return !holds(filter, it, now),
        Filter::Is(test) => test,
    };
    let inviter = it.offer.inviter.as_ref().and_then(|it| it.user.as_ref());
    match test {
        InvitationCondition::State(state) => it.state(now) == *state,
        InvitationCondition::Lapsed => it.status == Status::Lapsed,
        InvitationCondition::Organization(id) => it.offer.organization.as_ref() == Some(id),
        InvitationCondition::Role(role) => it.offer.roles.contains(role),
        InvitationCondition::Invitee(id) => it.user.as_ref() == Some(id),
        InvitationCondition::Inviter(id) => inviter == Some(id),
        InvitationCondition::Answered(actor) => it.answers() == actor,
        InvitationCondition::Text(field, TextMatch::Equals(sought)) => {
            let value = match field {
                TextField::Mailbox => it.mailbox.folded().to_owned(),
                other => panic!("{other:?} is not asked for"),
            };
            value.eq_ignore_ascii_case(sought)
        }
        other => panic!("{other:?} is not asked for"),
    }
}
