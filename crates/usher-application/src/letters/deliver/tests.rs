use chrono::TimeDelta;
use usher_domain::{
    AccountLetters, AccountLettersId, Invitation, JobId, Matter, MembershipId, Pin, PinRules,
    PinSeed, Status, User, UserStatus,
};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    ports::Ports,
    testing::{
        ManualClock, MockPorts, TENANT, active, core, invitation, keyring, mailbox, mailed_token,
        membership, noon, organization, role, tenant,
    },
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
    assert_eq!(settled.delivery.unwrap().outcome, DeliveryOutcome::Failed);
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
    let mut ports = at_noon();
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
        // The link that proves the mailbox, which nothing but this letter has.
        let token = mailed_token(&invitation(1, "ada"));
        assert_eq!(letter.link, format!("http://usher.test/accept?invitation={token}"));
        Ok(String::new())
    });
    settled(ports).await;
}

#[tokio::test]
async fn a_welcome_tells_the_organization_the_roles_and_where_to_sign_in() {
    let mut ports = with_member(1, WELCOME, member(None), Some(active("ada")));
    ports.postman.expect_deliver().once().return_once(|it| {
        assert!(it.kind == LetterKind::Welcome { pin: None });
        assert_eq!(
            (it.place.as_str(), it.roles.as_slice()),
            ("The acme team", &["reader".into()][..])
        );
        assert_eq!((it.matter, it.number), (Matter::Membership(member(None).id), 1));
        assert_eq!(it.to, mailbox("ada@example.org"));
        assert_eq!(it.link, "http://usher.test/signin?tenant=default");
        assert_eq!(it.written_at, noon());
        Ok("250 2.0.0 Ok".to_owned())
    });
    assert_eq!(settled(ports).await.verdict, Verdict::Done);
}

#[tokio::test]
async fn letters_call_roles_by_their_names() {
    let named = |ports: &mut MockPorts| {
        ports.roles = crate::ports::roles::MockRoles::new();
        ports.roles.expect_find_many().return_once(|_, ids| {
            Ok(ids.iter().map(|it| (it.as_str() == "reader").then(|| role("reader"))).collect())
        });
        ports.postman.expect_deliver().once().return_once(|it| {
            assert_eq!(it.roles, ["The reader", "free"]);
            Ok(String::new())
        });
    };
    let roles = ["reader", "free"].map(str::to_owned).to_vec();
    let mut offered = invitation(1, "ada");
    offered.offer.roles.clone_from(&roles);
    let held = Membership { roles, ..member(None) };
    for mut ports in [with_job(1, offered), with_member(1, WELCOME, held, Some(active("ada")))] {
        named(&mut ports);
        assert_eq!(settled(ports).await.verdict, Verdict::Done);
    }
}

#[tokio::test]
async fn a_welcome_tells_the_pin_and_where_it_signs_in() {
    let mut ports = with_member(1, WELCOME, member(Some(pin())), Some(active("ada")));
    ports.postman.expect_deliver().once().return_once(|it| {
        assert!(it.kind == LetterKind::Welcome { pin: Some(characters()) });
        assert_eq!(it.link, "http://usher.test/pin?tenant=default&organization=acme");
        Ok(String::new())
    });
    assert_eq!(settled(ports).await.verdict, Verdict::Done);
}

#[tokio::test]
async fn a_new_pin_is_told_and_where_it_signs_in() {
    let mut ports = with_member(1, NEW_PIN, member(Some(pin())), Some(active("ada")));
    ports.postman.expect_deliver().once().return_once(|it| {
        assert!(it.kind == LetterKind::NewPin { pin: characters() });
        assert_eq!(it.link, "http://usher.test/pin?tenant=default&organization=acme");
        Ok(String::new())
    });
    assert_eq!(settled(ports).await.verdict, Verdict::Done);
}

#[tokio::test]
async fn a_letter_to_a_member_is_recorded_by_the_membership() {
    let mut ports = with_member(2, WELCOME, member(None), Some(active("ada")));
    ports.postman.expect_deliver().once().return_once(|_| Ok("250 2.0.0 Ok".to_owned()));
    let delivery = settled(ports).await.delivery.unwrap();
    assert_eq!(delivery.matter, Matter::Membership(member(None).id));
    assert_eq!(
        (delivery.outcome, delivery.attempt, delivery.letter, delivery.answer.as_str()),
        (DeliveryOutcome::Sent, 2, 1, "250 2.0.0 Ok")
    );
}

#[tokio::test]
async fn nothing_is_mailed_for_a_membership_that_is_gone_or_has_a_later_letter() {
    for job in [WELCOME, NEW_PIN] {
        let mut gone = at_noon();
        gone.outbox.expect_claim().return_once(move |_, _, _, _| Ok(vec![about(job, 1)]));
        gone.organizations.expect_proven().return_once(|_| Ok(vec![None]));
        let told_anew = member(Some(pin())).with_next_letter(noon());
        for ports in [gone, with_member(1, job, told_anew, Some(active("ada")))] {
            let settled = settled(ports).await;
            assert_eq!((settled.verdict, settled.delivery), (Verdict::Done, None));
        }
    }
}

#[tokio::test]
async fn nothing_is_mailed_of_a_pin_that_was_taken_away() {
    let settled = settled(with_member(1, NEW_PIN, member(None), Some(active("ada")))).await;
    assert_eq!((settled.verdict, settled.delivery), (Verdict::Done, None));
}

#[tokio::test]
async fn nothing_is_mailed_to_a_member_without_a_mailbox() {
    let unreachable = User { mailbox: None, ..active("ada") };
    for job in [WELCOME, NEW_PIN] {
        let ports = with_member(1, job, member(Some(pin())), Some(unreachable.clone()));
        let settled = settled(ports).await;
        assert_eq!((settled.verdict, settled.delivery), (Verdict::Done, None));
    }
}

#[tokio::test]
async fn a_letter_about_a_pin_that_cannot_be_told_is_dead() {
    let from_outside = Pin { seed: None, ..pin() };
    let of_another_key = Pin { digest: vec![0; 32], ..pin() };
    for (pin, job) in [(from_outside, WELCOME), (of_another_key, NEW_PIN)] {
        let settled = settled(with_member(1, job, member(Some(pin)), Some(active("ada")))).await;
        let why = "its pin was made by other settings or keys".to_owned();
        assert_eq!((settled.verdict, settled.delivery), (Verdict::Dead { why }, None));
    }
}

#[tokio::test]
async fn a_letter_to_a_user_who_is_gone_is_dead() {
    let settled = settled(with_member(1, WELCOME, member(None), None)).await;
    let why = "its tenant, organization or user is gone".to_owned();
    assert_eq!((settled.verdict, settled.delivery), (Verdict::Dead { why }, None));
}

#[tokio::test]
async fn a_letter_to_a_member_is_tried_for_five_days() {
    // The third attempt is followed by the next after 20 seconds.
    let last = noon() - TimeDelta::days(5) + TimeDelta::seconds(20);
    for (mailed_at, verdict) in [
        (last + TimeDelta::seconds(1), Verdict::Retry { at: noon() + TimeDelta::seconds(20) }),
        (last, Verdict::Dead { why: "421 busy".to_owned() }),
    ] {
        let mailed = Membership { mailed_at, ..member(None) };
        let mut ports = with_member(3, WELCOME, mailed, Some(active("ada")));
        let later = || DeliveryError::Later("421 busy".to_owned());
        ports.postman.expect_deliver().once().return_once(move |_| Err(later()));
        assert_eq!(settled(ports).await.verdict, verdict, "{mailed_at}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_result_of_a_sent_letter_is_written_even_if_the_store_does_not_answer_at_first() {
    let mut ports = with_job(1, invitation(1, "ada"));
    ports.postman.expect_deliver().once().return_once(|_| Ok("250 2.0.0 Ok".to_owned()));
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut attempts = 0;
    ports.outbox.expect_settle().times(4).returning(move |it| {
        sender.send(it.to_vec()).unwrap();
        attempts += 1;
        if attempts < 4 { Err(StoreError::new("database is locked")) } else { Ok(()) }
    });
    assert_eq!(worker(ports).turn(10, 4).await.unwrap(), 1);
    let written: Vec<_> = receiver.iter().collect();
    assert!(written.iter().all(|it| *it == written[0]), "the same verdict at each attempt");
    assert_eq!(written[0][0].verdict, Verdict::Done);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_within_the_lease_is_an_error() {
    let mut ports = with_job(1, invitation(1, "ada"));
    ports.postman.expect_deliver().once().return_once(|_| Ok(String::new()));
    let clock = Arc::new(ManualClock::at(noon()));
    let passing = clock.clone();
    ports.outbox.expect_settle().times(5).returning(move |_| {
        passing.advance(TimeDelta::minutes(1));
        Err(StoreError::new("database is locked"))
    });
    let ports = Ports { clock, ..ports.into() };
    let worker = DeliverLetters::new(&core(&ports, &Policy::at("http://usher.test")));
    assert!(worker.turn(10, 4).await.is_err());
}

#[tokio::test]
async fn an_idle_turn_finds_nothing() {
    let mut ports = at_noon();
    ports.outbox.expect_claim().return_once(|_, _, _, _| Ok(vec![]));
    assert_eq!(worker(ports).turn(10, 4).await.unwrap(), 0);
}

fn job(attempts: u32) -> Job {
    let kind = JobKind::MailInvitation { invitation: invitation(1, "ada").id, letter: 1 };
    Job { attempts, ..Job::new(JobId(Uuid::from_u128(2)), TENANT, kind, noon()) }
}

/// One job in the outbox, for the first letter of this invitation.
fn with_job(attempts: u32, it: Invitation) -> MockPorts {
    let mut ports = at_noon();
    ports.outbox.expect_claim().return_once(move |_, _, _, _| Ok(vec![job(attempts)]));
    ports.invitations.expect_proven().return_once(move |_| Ok(vec![Some(it)]));
    ports.tenants.expect_find().return_once(|_| Ok(Some(tenant())));
    ports
}

/// What there is to tell a member.
type Telling = fn(MembershipId) -> JobKind;

const WELCOME: Telling = |membership| JobKind::MailWelcome { membership, letter: 1 };
const NEW_PIN: Telling = |membership| JobKind::MailPin { membership, letter: 1 };

/// Ada in the organization `acme`, and one letter to tell of it.
fn member(pin: Option<Pin>) -> Membership {
    Membership { pin, ..membership("ada", "acme").with_next_letter(noon()) }
}

const SEED: PinSeed = PinSeed { id: Uuid::from_u128(9), step: 2 };

fn pin() -> Pin {
    let digest = keyring().pin_digest(&organization("acme").id, &characters());
    Pin { digest, seed: Some(SEED) }
}

fn characters() -> String {
    keyring().pin(&PinRules::default(), SEED)
}

fn about(telling: Telling, attempts: u32) -> Job {
    Job { kind: telling(member(None).id), ..job(attempts) }
}

/// One job in the outbox, for the first letter to this member.
fn with_member(attempts: u32, telling: Telling, it: Membership, user: Option<User>) -> MockPorts {
    let mut ports = at_noon();
    ports.outbox.expect_claim().return_once(move |_, _, _, _| Ok(vec![about(telling, attempts)]));
    ports.organizations.expect_proven().return_once(move |_| Ok(vec![Some(it)]));
    ports.organizations.expect_find_many().return_once(|_, _| Ok(vec![Some(organization("acme"))]));
    ports.tenants.expect_find().return_once(|_| Ok(Some(tenant())));
    ports.users.expect_find_many().return_once(move |_, _| Ok(vec![user]));
    ports
}

/// Noon, and no role is defined.
fn at_noon() -> MockPorts {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.roles.expect_find_many().returning(|_, ids| Ok(vec![None; ids.len()]));
    ports
}

fn worker(ports: MockPorts) -> DeliverLetters {
    let ports = ports.into();
    let policy = Policy::at("http://usher.test");
    DeliverLetters::new(&core(&ports, &policy))
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

/// Claims one job that mails a letter of this kind to this user, a minute after it was decided on.
fn with_account_letter(kind: AccountLetterKind, user: Option<User>, later: TimeDelta) -> MockPorts {
    let id = AccountLettersId(Uuid::from_u128(0x3c));
    let letters = Some(AccountLetters::none(id).with_next(kind, noon()));
    let written = user.map(|it| User { letters, ..it });
    let mut ports = MockPorts { now: noon() + later, ..MockPorts::default() };
    let kind = JobKind::MailAccount { letters: id, letter: 1 };
    let job = Job::new(JobId(Uuid::from_u128(1)), TENANT, kind, noon());
    ports.outbox.expect_claim().return_once(move |_, _, _, _| Ok(vec![job]));
    ports.users.expect_written_to().return_once(move |asked| {
        assert_eq!(asked, [(TENANT, id)]);
        Ok(vec![written])
    });
    ports.tenants.expect_find().returning(|_| Ok(Some(tenant())));
    ports
}

#[tokio::test]
async fn a_letter_about_an_account_is_mailed_with_the_link_that_it_is_for() {
    let until = |hours| noon() + TimeDelta::hours(hours);
    let table = [
        (
            AccountLetterKind::Confirmation,
            LetterKind::Confirmation { expires_at: until(24) },
            "http://usher.test/confirm?tenant=default&token=",
        ),
        (
            AccountLetterKind::Reset,
            LetterKind::PasswordReset { expires_at: until(1) },
            "http://usher.test/reset?tenant=default&token=",
        ),
        (
            AccountLetterKind::PasswordChanged,
            LetterKind::PasswordChanged,
            "http://usher.test/forgot?tenant=default",
        ),
    ];
    for (kind, expected, link) in table {
        let mut ports = with_account_letter(kind, Some(active("ada")), TimeDelta::minutes(1));
        ports.postman.expect_deliver().once().return_once(move |it| {
            assert!(it.kind == expected && it.link.starts_with(link), "{}", it.link);
            assert_eq!((it.place.as_str(), it.number), ("Acme", 1));
            assert_eq!((&it.to, it.written_at), (&mailbox("ada@example.org"), noon()));
            Ok(String::new())
        });
        assert_eq!(settled(ports).await.verdict, Verdict::Done);
    }
}

#[tokio::test]
async fn a_letter_about_an_account_that_nobody_needs_any_more_is_not_mailed() {
    let reset = AccountLetterKind::Reset;
    let soon = TimeDelta::minutes(1);
    let off = User { status: UserStatus::Disabled, ..active("ada") };
    let unreachable = User { mailbox: None, ..active("ada") };
    for (user, later) in [
        (None, soon),
        (Some(off), soon),
        (Some(unreachable), soon),
        (Some(active("ada")), TimeDelta::hours(1)),
    ] {
        let settled = settled(with_account_letter(reset, user, later)).await;
        assert_eq!((settled.verdict, settled.delivery), (Verdict::Done, None));
    }
}
