use super::*;
use crate::{
    policy::Policy,
    testing::{caller, core, fake_store::FakeStore, tenant},
};

#[tokio::test]
async fn a_tenant_is_found_by_its_name_or_by_its_caller() {
    let store = FakeStore::of(vec![], vec![]);
    let find = FindTenant::new(&core(&store.ports, &Policy::at("http://usher.test")));
    assert_eq!(find.named("default").await.unwrap(), Some(tenant()));
    assert_eq!(find.named("nowhere").await.unwrap(), None);
    assert_eq!(find.of(&caller()).await.unwrap(), Some(tenant()));
}
