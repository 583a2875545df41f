use usher_domain::Authority;

use super::*;
use crate::{
    policy::Policy,
    testing::{
        caller, core,
        fake_store::{FakeStore, bound_to},
    },
};

#[tokio::test]
async fn a_rule_is_allowed_once_and_forbidden_once() {
    let store = store();
    let tenant = ManageTenant::new(&core(&store.ports, &Policy::at("http://usher.test")));
    for _ in 0..2 {
        let it = tenant.allow(&caller(), &rule("https://app.example/in")).await.unwrap();
        assert_eq!((it.redirects, it.version), (vec![rule("https://app.example/in")], 2));
    }
    let changes = store.once_written();
    let [entry] = &changes.audit[..] else { panic!("one entry") };
    assert_eq!((entry.action, &entry.subject), (Action::TenantChanged, &Subject::Tenant));
    assert_eq!(entry.actor, caller().actor);
    tenant.allow(&caller(), &rule("https://two.example")).await.unwrap();
    let left = tenant.forbid(&caller(), &rule("https://app.example/in")).await.unwrap();
    assert_eq!((&left.redirects, left.version), (&vec![rule("https://two.example")], 4));
    let error = tenant.forbid(&caller(), &rule("https://app.example/in")).await.unwrap_err();
    assert!(matches!(error, TenantError::Unknown));
    assert_eq!(tenant.show(&caller()).await.unwrap(), left);
}

#[tokio::test]
async fn there_are_100_rules_at_most() {
    let store = store();
    let all: Vec<_> = (0..100).map(|it| rule(&format!("https://{it}.example"))).collect();
    store.state().tenants[0].redirects.clone_from(&all);
    let tenant = ManageTenant::new(&core(&store.ports, &Policy::at("http://usher.test")));
    let error = tenant.allow(&caller(), &rule("https://more.example")).await.unwrap_err();
    assert!(matches!(error, TenantError::TooMany));
    assert_eq!(error.to_string(), "a tenant has 100 rules at most");
    // One that is there already is no more.
    assert!(tenant.allow(&caller(), &all[7]).await.is_ok());
    tenant.forbid(&caller(), &all[7]).await.unwrap();
    assert!(tenant.allow(&caller(), &rule("https://more.example")).await.is_ok());
}

#[tokio::test]
async fn what_others_allow_meanwhile_stays() {
    let store = store();
    store.before_next_commit(|it| {
        it.tenants[0].redirects.push(rule("https://one.example"));
        it.tenants[0].version += 1;
    });
    let tenant = ManageTenant::new(&core(&store.ports, &Policy::at("http://usher.test")));
    let it = tenant.allow(&caller(), &rule("https://two.example")).await.unwrap();
    assert_eq!(it.redirects, ["https://one.example", "https://two.example"].map(rule));
    store.state().losing = true;
    let error = tenant.allow(&caller(), &rule("https://three.example")).await.unwrap_err();
    assert!(matches!(error, TenantError::Store(_)));
}

#[tokio::test]
async fn only_an_administrator_of_the_tenant_sees_and_changes_it() {
    let store = store();
    let tenant = ManageTenant::new(&core(&store.ports, &Policy::at("http://usher.test")));
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    for caller in [helpdesk, bound_to("top")] {
        let error = tenant.allow(&caller, &rule("https://app.example")).await.unwrap_err();
        assert!(matches!(error, TenantError::Forbidden));
        let error = tenant.forbid(&caller, &rule("https://app.example")).await.unwrap_err();
        assert!(matches!(error, TenantError::Forbidden));
        assert!(matches!(tenant.show(&caller).await, Err(TenantError::Forbidden)));
    }
    assert_eq!(store.written(), []);
}

fn store() -> FakeStore {
    FakeStore::of(vec![], vec![])
}

fn rule(text: &str) -> RedirectRule {
    RedirectRule::parse(text).unwrap()
}
