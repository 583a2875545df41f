use chrono::TimeDelta;
use usher_domain::{Authority, ProfileId};

use super::*;
use crate::{
    policy::Policy,
    testing::{MockPorts, caller, core, noon, user},
    transfer::import::tests::with_profiles,
};

#[tokio::test]
async fn a_profile_that_becomes_automatic_invites_those_who_are_there_once() {
    let automatic =
        |id: &str, automatic| ProfileRecord { automatic: Some(automatic), ..profile_record(id) };
    let import = async |id: &str, searches: usize, record| {
        let mut ports = with_profiles(MockPorts { now: noon(), ..MockPorts::default() });
        ports
            .users
            .expect_search_by_id()
            .times(searches)
            .returning(|_, _, _, _, _, _| Ok(vec![user("ada")]));
        ports
            .ledger
            .expect_commit()
            .once()
            .withf(move |it| it.profiles.len() == 1 && it.jobs.len() == searches)
            .returning(|_| Ok(()));
        let import = ImportProfiles::new(&core(&ports.into(), &Policy::at("http://x.test")));
        let done = import.run(&caller(), &[record], false).await.unwrap();
        assert_eq!(done.written, 1, "{id}");
    };
    import("manual", 1, automatic("manual", true)).await;
    import("automatic", 0, automatic("automatic", true)).await;
    import("automatic", 0, automatic("automatic", false)).await;
    let newcomers = ProfileRecord { new_only: Some(true), ..automatic("manual", true) };
    import("newcomers", 0, newcomers).await;
}

#[tokio::test]
async fn a_bad_profile_says_what_is_wrong() {
    let template = Some(Some("nothing".to_owned()));
    let lifetime = Some(Some(TimeDelta::days(31)));
    let table = [
        (
            ProfileRecord { template, ..profile_record("a") },
            "`template` names a template that does not exist",
        ),
        (
            ProfileRecord { lifetime, ..profile_record("a") },
            "`lifetime` must be between 60 s and 2592000 s",
        ),
    ];
    for (record, expected) in table {
        let mut ports = with_profiles(MockPorts { now: noon(), ..MockPorts::default() });
        ports.postman.expect_has_template().returning(|_| false);
        let import = ImportProfiles::new(&core(&ports.into(), &Policy::at("http://x.test")));
        let bad = import.run(&caller(), &[record], false).await.unwrap().bad;
        assert_eq!(bad[&0].to_string(), expected);
    }
    let reader = Caller { authority: Authority::Helpdesk, ..caller() };
    let ports = MockPorts::default().into();
    let import = ImportProfiles::new(&core(&ports, &Policy::at("http://x.test")));
    let error = import.run(&reader, &[profile_record("a")], false).await;
    assert!(matches!(error, Err(ImportError::Forbidden)));
}

fn profile_record(id: &str) -> ProfileRecord {
    ProfileRecord {
        id: ProfileId::parse(id).unwrap(),
        address: None,
        lifetime: None,
        template: None,
        locale: None,
        automatic: None,
        new_only: None,
        repeat: None,
    }
}
