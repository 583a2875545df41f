//! The operations on members: inviting users to a tenant, taking that back, their groups and pins.

use std::sync::Arc;

use axum::extract::State;
use usher_application::{AddMyselfError, ChangeMemberError, MemberChange, NewMember, Usher};
use usher_domain::{Actor, Caller, OrganizationId, Permission, Refusal};

use super::{
    envelope::Data,
    extract::{Authenticated, read_body},
    fault::{Fault, Result},
    schema,
    wire::{
        self, ChangeGroups, ChangePin, Invite, InviteMyself, Myself, Outcomes, Tenant, Uninvite,
        Uninvitee, UserReference,
    },
};
use crate::request::LateBody;

pub(super) async fn invite(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Data<Outcomes>> {
    let caller = authenticated.may(Permission::Invite)?;
    let given: Invite = read_body(body, &authenticated, schema::INVITE).await?;
    invited(&usher, caller, &authenticated.organization, &given).await
}

pub(super) async fn invite_to(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Data<Outcomes>> {
    let caller = authenticated.may(Permission::Invite)?;
    let given: Invite = read_body(body, &authenticated, schema::INVITE_TO).await?;
    invited(&usher, caller, &named(given.tenant.as_ref())?, &given).await
}

async fn invited(
    usher: &Usher,
    caller: &Caller,
    organization: &OrganizationId,
    given: &Invite,
) -> Result<Data<Outcomes>> {
    let members: Vec<_> = given.users.iter().map(NewMember::from).collect();
    let outcomes = usher.members.add.run(caller, organization, &members).await?;
    Ok(Data(Outcomes::invited(&given.users, outcomes)))
}

pub(super) async fn uninvite(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Data<Outcomes>> {
    let caller = authenticated.may(Permission::ManageMembers)?;
    let given: Uninvite = read_body(body, &authenticated, schema::UNINVITE).await?;
    uninvited(&usher, caller, &authenticated.organization, &given).await
}

pub(super) async fn uninvite_from(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Data<Outcomes>> {
    let caller = authenticated.may(Permission::ManageMembers)?;
    let given: Uninvite = read_body(body, &authenticated, schema::UNINVITE_FROM).await?;
    uninvited(&usher, caller, &named(given.tenant.as_ref())?, &given).await
}

async fn uninvited(
    usher: &Usher,
    caller: &Caller,
    organization: &OrganizationId,
    given: &Uninvite,
) -> Result<Data<Outcomes>> {
    let names: Vec<_> = given.users.iter().map(Uninvitee::naming).collect();
    let outcomes = usher.members.remove.run(caller, organization, &names).await?;
    Ok(Data(Outcomes::uninvited(&given.users, outcomes)))
}

/// The organization that the body names.
fn named(tenant: Option<&Tenant>) -> Result<OrganizationId> {
    let tenant = tenant.ok_or_else(|| Fault::missing("tenant"))?;
    wire::organization_id(&tenant.id)
}

pub(super) async fn invite_myself(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Data<Myself>> {
    let caller = authenticated.may(Permission::Invite)?;
    let InviteMyself { tenant, pin, groups } =
        read_body(body, &authenticated, schema::INVITE_MYSELF).await?;
    let (organization, pin) = (wire::organization_id(&tenant.id)?, pin.and_then(wire::Pin::grant));
    match usher.members.add.myself(caller, &organization, &groups, pin).await {
        Ok((membership, pin)) => Ok(Data(Myself::new(&tenant, &membership, pin))),
        Err(AddMyselfError::NoPerson) if !matches!(caller.actor, Actor::User(_)) => {
            Err(Fault::no_person())
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn change_pin(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Data<bool>> {
    let caller = authenticated.may(Permission::ManageMembers)?;
    let given: ChangePin = read_body(body, &authenticated, schema::CHANGE_PIN).await?;
    if given.user.is_nobody() {
        return Err(Fault::nameless_pin());
    }
    changed(&usher, caller, &authenticated.organization, &given.user, &given.change()?).await
}

pub(super) async fn change_groups(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Data<bool>> {
    let caller = authenticated.may(Permission::ManageMembers)?;
    let given: ChangeGroups = read_body(body, &authenticated, schema::CHANGE_GROUPS).await?;
    changed(
        &usher,
        caller,
        &authenticated.organization,
        &given.user,
        &MemberChange::Roles(given.groups),
    )
    .await
}

pub(super) async fn change_groups_of(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Data<bool>> {
    let caller = authenticated.may(Permission::ManageMembers)?;
    let given: ChangeGroups = read_body(body, &authenticated, schema::CHANGE_GROUPS_OF).await?;
    let organization = wire::organization_id(given.tenant_id.as_deref().unwrap_or_default())?;
    changed(&usher, caller, &organization, &given.user, &MemberChange::Roles(given.groups)).await
}

/// Whether there is such a member, who now is as wished.
async fn changed(
    usher: &Usher,
    caller: &Caller,
    organization: &OrganizationId,
    who: &UserReference,
    change: &MemberChange,
) -> Result<Data<bool>> {
    if who.is_nobody() {
        return Err(Fault::nameless());
    }
    match usher.members.change.run(caller, organization, who.naming().as_ref(), change).await {
        Ok(_) => Ok(Data(true)),
        Err(ChangeMemberError::Refused(Refusal::UnknownUser)) if who.is_malformed() => {
            Err(Fault::malformed_id())
        }
        Err(ChangeMemberError::Refused(Refusal::UnknownUser | Refusal::NotMember(_))) => {
            Ok(Data(false))
        }
        Err(error) => Err(error.into()),
    }
}
