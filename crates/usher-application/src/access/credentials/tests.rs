use usher_domain::Actor;
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    ports::ledger::{CommitError, Conflict},
    testing::{
        MockPorts, TENANT, caller, core,
        fake_store::{bound_to, place},
        noon, organization,
    },
};

#[tokio::test]
async fn only_an_administrator_issues_keys_and_within_bounds() {
    let manage = manage(MockPorts::default());
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let bound = Caller { organization: Some(organization("team").id), ..caller() };
    for caller in [helpdesk, bound] {
        let error = manage.issue(&caller, NewKey::of(Authority::Reader)).await.unwrap_err();
        assert!(matches!(error, CredentialError::Forbidden));
    }
}

#[tokio::test]
async fn only_the_digest_of_a_new_secret_is_written() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.ledger.expect_commit().once().withf(|it| it.audit.len() == 1).return_once(|_| Ok(()));
    let manage = manage(ports);
    let (made, secret) = manage.issue(&caller(), NewKey::of(Authority::Inviter)).await.unwrap();
    assert_eq!(made.secret_digest, secret.digest());
    assert!(made.opens_with(&secret));
    assert_eq!(secret.reveal().len(), 43);
}

#[tokio::test]
async fn a_bound_administrator_sees_and_revokes_the_keys_of_their_organization_alone() {
    let key = |n, organization: Option<&str>| Credential {
        id: CredentialId(Uuid::from_u128(n)),
        organization: organization.map(place),
        ..credential()
    };
    let all = [key(1, None), key(2, Some("team")), key(3, Some("other"))];
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    let listed = all.to_vec();
    ports.credentials.expect_list().returning(move |_| Ok(listed.clone()));
    ports.ledger.expect_commit().once().return_once(|_| Ok(()));
    let manage = manage(ports);
    assert_eq!(manage.list(&caller()).await.unwrap(), all);
    let bound = bound_to("team");
    assert_eq!(manage.list(&bound).await.unwrap(), [all[1].clone()]);
    for other in [&all[0], &all[2]] {
        let outcome = manage.revoke(&bound, other.id).await;
        assert!(matches!(outcome, Err(CredentialError::Unknown)));
    }
    assert_eq!(manage.revoke(&bound, all[1].id).await.unwrap().revoked_at, Some(noon()));
}

#[tokio::test]
async fn whoever_revokes_a_key_that_another_one_revokes_meanwhile_gets_the_revoked_key() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    let earlier = noon() - chrono::TimeDelta::seconds(1);
    let mut answers = vec![credential().revoked(earlier), credential()];
    ports
        .credentials
        .expect_list()
        .times(2)
        .returning(move |_| Ok(answers.pop().into_iter().collect()));
    let id = credential().id;
    ports
        .ledger
        .expect_commit()
        .once()
        .return_once(move |_| Err(CommitError::Conflict(vec![Conflict::Credential(id)])));
    let revoked = manage(ports).revoke(&caller(), id).await.unwrap();
    assert_eq!(revoked.revoked_at, Some(earlier));
}

fn manage(ports: MockPorts) -> ManageCredentials {
    ManageCredentials::new(&core(&ports.into(), &Policy::at("http://usher.test")))
}

fn credential() -> Credential {
    Credential {
        id: CredentialId(Uuid::from_u128(0xc)),
        tenant: TENANT,
        secret_digest: CredentialSecret::from([3; 32]).digest(),
        authority: Authority::Inviter,
        user: None,
        organization: None,
        created_at: noon(),
        made_by: Actor::System,
        revoked_at: None,
        expires_at: None,
        version: 1,
    }
}
