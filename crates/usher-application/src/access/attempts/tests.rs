use usher_domain::{Authority, ClientId, Credential, CredentialId, CredentialSecret, Entry};

use super::*;
use crate::{
    access::{authenticate::Authenticate, pin_sign_in::PinSignIn, sign_in::SignIn},
    policy::Policy,
    ports::{Ports, credentials::MockCredentials},
    shared::{request_scope::within_request, session_cookies::UserAgent},
    testing::{
        TENANT, active, core,
        fake_store::{FakeStore, bound_to, place, with_pin},
        membership, noon, user_id,
    },
};

/// What the audit is told of.
type Told = (Action, Actor, Subject, Option<String>, Option<String>, u32);

fn told(entries: &[Entry]) -> Vec<Told> {
    let told = |it: &Entry| {
        let Entry { action, actor, subject, detail, source, count, .. } = it.clone();
        (action, actor, subject, detail, source, count)
    };
    let mut all: Vec<_> = entries.iter().map(told).collect();
    all.sort_by_key(|it| format!("{it:?}"));
    all
}

/// What the audit is told of what was done on a store with the people `ada` and `bob`, of whom `ada` has
/// a pin in `team`.
async fn audited(act: impl AsyncFn(&Arc<Core>)) -> Vec<Told> {
    let pin = with_pin("1234", membership("ada", "team"));
    let store = FakeStore::of(vec![active("ada"), active("bob")], vec![pin]);
    let core = core(&store.ports, &Policy::at("http://usher.test"));
    within_request(Some("192.0.2.0/24".into()), act(&core)).await;
    let before = store.written().len();
    core.acts.write().await.unwrap();
    let written = store.written().split_off(before);
    told(&written.into_iter().flat_map(|it| it.audit).collect::<Vec<_>>())
}

fn of(action: Action, subject: Subject, detail: Option<&str>, count: u32) -> Told {
    let source = Some("192.0.2.0/24".to_owned());
    (action, Actor::Nobody, subject, detail.map(str::to_owned), source, count)
}

fn ada() -> Subject {
    Subject::User(user_id("ada"))
}

#[tokio::test]
async fn who_signs_in_wrongly_is_told_by_their_id_and_never_by_what_was_typed() {
    let told = audited(async |core| {
        for _ in 0..6 {
            let _ = SignIn::new(core)
                .run("default", "ADA@example.org", "wrong", &UserAgent::default())
                .await;
        }
        for name in ["nobody", "my password"] {
            let _ = SignIn::new(core).run("default", name, "wrong", &UserAgent::default()).await;
        }
        // Where there is no such tenant, nobody could read it.
        let _ = SignIn::new(core).run("elsewhere", "ada", "wrong", &UserAgent::default()).await;
        SignIn::new(core)
            .run("default", "bob", "seven llamas dance", &UserAgent::default())
            .await
            .unwrap();
    });
    let expected = [
        of(Action::SignInFailed, Subject::Tenant, None, 2),
        of(Action::SignInFailed, ada(), None, 5),
        of(Action::Throttled, ada(), None, 1),
    ];
    assert_eq!(Box::pin(told).await, expected);
}

#[tokio::test]
async fn a_wrong_pin_is_told_with_its_organization() {
    let told = audited(async |core| {
        let pins = PinSignIn::new(core);
        for name in ["ada", "nobody"] {
            let _ = pins.run("default", "team", name, "4321", &UserAgent::default()).await;
        }
        let _ =
            pins.run("default", "no such organization", "ada", "4321", &UserAgent::default()).await;
        pins.run("default", "team", "ada", "1234", &UserAgent::default()).await.unwrap();
        let _ = pins.anyone(&bound_to("team"), "4321").await;
        pins.anyone(&bound_to("team"), "1234").await.unwrap();
    });
    let expected = [
        of(Action::SignInFailed, Subject::Tenant, Some("team"), 1),
        of(Action::SignInFailed, ada(), Some("team"), 1),
        of(Action::SignInFailed, ada(), None, 1),
        (
            Action::SignInFailed,
            bound_to("team").actor,
            Subject::Organization(place("team")),
            None,
            Some("192.0.2.0/24".to_owned()),
            1,
        ),
    ];
    let mut expected = expected.to_vec();
    expected.sort_by_key(|it| format!("{it:?}"));
    assert_eq!(Box::pin(told).await, expected);
}

#[tokio::test]
async fn a_wrong_secret_is_told_if_there_is_such_a_key() {
    let key = |n: u128, revoked_at| Credential {
        id: CredentialId(Uuid::from_u128(n)),
        tenant: TENANT,
        secret_digest: CredentialSecret::presented("s").digest(),
        authority: Authority::Reader,
        user: None,
        organization: None,
        made_by: Actor::System,
        created_at: noon(),
        expires_at: None,
        revoked_at,
        version: 1,
    };
    let mut credentials = MockCredentials::new();
    credentials.expect_find().returning(move |id| {
        Ok([key(1, None), key(2, Some(noon()))].into_iter().find(|it| it.client_id() == id))
    });
    let store = FakeStore::of(vec![], vec![]);
    let ports = Ports { credentials: Arc::new(credentials), ..store.ports.clone() };
    let core = core(&ports, &Policy::at("http://usher.test"));
    let authenticate = Authenticate::new(&core);
    let key = |n: u128| CredentialId(Uuid::from_u128(n));
    let id = |n| ClientId { tenant: TENANT, key: key(n) }.to_string();
    authenticate.client(&id(1), "s").await.unwrap();
    for (key, secret) in [(1, "wrong"), (1, "wrong"), (2, "s"), (3, "s")] {
        assert!(authenticate.bearer(&format!("{}.{secret}", id(key))).await.is_err());
    }
    core.acts.write().await.unwrap();
    let told = told(&store.written().into_iter().flat_map(|it| it.audit).collect::<Vec<_>>());
    let seen: Vec<_> = told.into_iter().map(|it| (it.0, it.2, it.5)).collect();
    let subject = |n| Subject::Credential(key(n));
    let failed = Action::SignInFailed;
    assert_eq!(seen, [(failed, subject(1), 2), (failed, subject(2), 1)]);
}
