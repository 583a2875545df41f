use usher_domain::{Authority, Profile, ProfileId};

use super::*;
use crate::{
    policy::Policy,
    testing::{MockPorts, caller, core, noon, organization},
    transfer::{
        organizations::ImportOrganizations, profiles::ImportProfiles, roles::ImportRoles,
        users::ImportUsers,
    },
};

#[tokio::test]
async fn only_an_administrator_of_the_whole_tenant_imports() {
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let bound = Caller { organization: Some(organization("team").id), ..caller() };
    let core = core(&MockPorts::default().into(), &Policy::at("http://x.test"));
    for caller in [helpdesk, bound] {
        for outcome in [
            ImportUsers::new(&core).run(&caller, &[], false).await,
            ImportOrganizations::new(&core).run(&caller, &[], false).await,
            ImportRoles::new(&core).run(&caller, &[], false, false).await,
            ImportProfiles::new(&core).run(&caller, &[], false).await,
        ] {
            assert!(matches!(outcome, Err(ImportError::Forbidden)));
        }
    }
}

/// Profiles called automatic, newcomers and manual; the first two since noon.
pub(crate) fn with_profiles(mut ports: MockPorts) -> MockPorts {
    ports.profiles.expect_find_many().returning(|tenant, ids| {
        let profile = |id: &ProfileId| {
            let automatic_since = (id.as_str() != "manual").then(noon);
            let new_only = id.as_str() == "newcomers";
            let known = ["automatic", "newcomers", "manual"].contains(&id.as_str());
            let it = Profile::new(id.clone(), tenant, noon());
            known.then_some(Profile { automatic_since, new_only, ..it })
        };
        Ok(ids.iter().map(profile).collect())
    });
    ports
}
