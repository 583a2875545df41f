use chrono::TimeDelta;
use usher_domain::{Invitation, JobId, Status};
use uuid::Uuid;

use super::*;
use crate::{
    Policy,
    testing::{MockPorts, TENANT, invitation, keyring, noon, tenant},
};

#[tokio::test]
async fn a_delivered_letter_is_done_and_recorded_with_the_servers_words() {
    let mut ports = with_job(1, invitation(1, "ada"));
    ports.postman.expect_deliver().once().return_once(|_| Ok("250 2.0.0 Ok".to_owned()));
    let settled = settled(ports).await;
    assert_eq!(settled.verdict, Verdict::Done);
    let delivery = settled.delivery.unwrap();
    assert_eq!(
        (delivery.outcome, delivery.attempt, delivery.letter, delivery.answer.as_str()),
        (DeliveryOutcome::Sent, 1, 1, "250 2.0.0 Ok")
    );
}

#[tokio::test]
async fn a_refused_letter_is_dead_at_once() {
    let mut ports = with_job(1, invitation(1, "ada"));
    let refused = || DeliveryError::Refused("550 no such user".to_owned());
    ports.postman.expect_deliver().once().return_once(move |_| Err(refused()));
    let settled = settled(ports).await;
    assert_eq!(settled.verdict, Verdict::Dead { why: "550 no such user".to_owned() });
    assert_eq!(settled.delivery.unwrap().outcome, DeliveryOutcome::Bounced);
}

#[tokio::test]
async fn an_absent_server_is_tried_again_later() {
    let mut ports = with_job(3, invitation(1, "ada"));
    let later = || DeliveryError::Later("connection refused".to_owned());
    ports.postman.expect_deliver().once().return_once(move |_| Err(later()));
    let settled = settled(ports).await;
    assert_eq!(settled.verdict, Verdict::Retry { at: noon() + TimeDelta::seconds(20) });
    assert_eq!(settled.delivery.unwrap().outcome, DeliveryOutcome::Deferred);
}

#[tokio::test]
async fn a_letter_is_given_up_when_the_invitation_would_be_over() {
    let dying = Invitation { expires_at: noon() + TimeDelta::seconds(19), ..invitation(1, "ada") };
    let mut ports = with_job(3, dying);
    let later = || DeliveryError::Later("421 busy".to_owned());
    ports.postman.expect_deliver().once().return_once(move |_| Err(later()));
    assert_eq!(settled(ports).await.verdict, Verdict::Dead { why: "421 busy".to_owned() });
}

#[tokio::test]
async fn nothing_is_mailed_for_what_was_closed_expired_or_sent_anew() {
    let revoked = Invitation { status: Status::Revoked, ..invitation(1, "ada") };
    let expired = Invitation { expires_at: noon(), ..invitation(1, "ada") };
    let resent = Invitation { letters: 2, ..invitation(1, "ada") };
    for it in [revoked, expired, resent] {
        let settled = settled(with_job(1, it)).await;
        assert_eq!((settled.verdict, settled.delivery), (Verdict::Done, None));
    }
}

#[tokio::test]
async fn a_job_of_an_invitation_that_is_gone_is_done() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.outbox.expect_claim().return_once(|_, _, _, _| Ok(vec![job(1)]));
    ports.invitations.expect_proven().return_once(|_| Ok(vec![None]));
    assert_eq!(settled(ports).await.verdict, Verdict::Done);
}

#[tokio::test]
async fn the_letter_speaks_of_the_tenant_and_carries_the_link() {
    let it = Invitation { name: Some("Ada".to_owned()), ..invitation(1, "ada") };
    let mut ports = with_job(1, it);
    ports.postman.expect_deliver().once().return_once(|letter| {
        assert_eq!((letter.place.as_str(), letter.name.as_deref()), ("Acme", Some("Ada")));
        assert!(letter.link.starts_with("http://usher.test/accept?invitation="));
        Ok(String::new())
    });
    settled(ports).await;
}

#[tokio::test]
async fn an_idle_turn_finds_nothing() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.outbox.expect_claim().return_once(|_, _, _, _| Ok(vec![]));
    assert_eq!(worker(ports).turn(10, 4).await.unwrap(), 0);
}

fn job(attempts: u32) -> Job {
    Job {
        id: JobId(Uuid::from_u128(2)),
        tenant: TENANT,
        errand: Errand::MailInvitation { invitation: invitation(1, "ada").id, letter: 1 },
        due_at: noon(),
        attempts,
    }
}

/// One job in the outbox, for the first letter of this invitation.
fn with_job(attempts: u32, it: Invitation) -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.outbox.expect_claim().return_once(move |_, _, _, _| Ok(vec![job(attempts)]));
    ports.invitations.expect_proven().return_once(move |_| Ok(vec![Some(it)]));
    ports.tenants.expect_find().return_once(|_| Ok(Some(tenant())));
    ports
}

fn worker(ports: MockPorts) -> Worker {
    let ports = ports.into();
    let policy = Policy::at("http://usher.test");
    let links = Links::new(&ports, &keyring(), &policy);
    Worker::new(&ports, &links, &keyring(), &policy)
}

/// What the worker made of the one job.
async fn settled(mut ports: MockPorts) -> Settlement {
    let (sender, receiver) = std::sync::mpsc::channel();
    ports.outbox.expect_settle().once().returning(move |it| {
        assert_eq!(it.len(), 1);
        sender.send(it[0].clone()).unwrap();
        Ok(())
    });
    assert_eq!(worker(ports).turn(10, 4).await.unwrap(), 1);
    receiver.recv().unwrap()
}
