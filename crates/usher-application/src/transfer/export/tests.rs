use usher_domain::Authority;

use super::*;
use crate::{
    policy::Policy,
    testing::{MockPorts, caller, core, organization},
};

#[tokio::test]
async fn only_an_administrator_of_the_whole_tenant_exports() {
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let bound = Caller { organization: Some(organization("team").id), ..caller() };
    let ports = MockPorts::default().into();
    let export = Export::new(&core(&ports, &Policy::at("http://usher.test")));
    for caller in [helpdesk, bound] {
        let users = export.users(&caller, None, 10).await.map(drop);
        let organizations = export.organizations(&caller, None, 10).await.map(drop);
        let roles = export.roles(&caller).await.map(drop);
        let profiles = export.profiles(&caller).await.map(drop);
        for outcome in [users, organizations, roles, profiles] {
            assert!(matches!(outcome, Err(ExportError::Forbidden)));
        }
    }
}
