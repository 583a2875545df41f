//! `usher invitation show`: prints an invitation, and what became of its letters.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use usher_domain::{Delivery, Invitation, InvitationId, Timestamp};
use uuid::Uuid;

use crate::{
    commands::describe::{Reference, printable, rfc3339},
    stdout,
    wiring::Wired,
};

#[derive(Subcommand)]
pub(crate) enum InvitationCommand {
    /// Show the state of an invitation, what it offers, and each attempt to deliver its letters
    Show(ShowArgs),
}

#[derive(Args)]
pub(crate) struct ShowArgs {
    /// The invitation's id, as the audit and the APIs show it
    #[arg(value_name = "ID", value_parser = invitation_id)]
    id: InvitationId,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The tenant of the invitation; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

pub(crate) async fn run(wired: &Wired, command: InvitationCommand) -> anyhow::Result<()> {
    let InvitationCommand::Show(args) = command;
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let find = &wired.usher.invitations.find;
    let invitation = find.run(&caller, args.id).await?;
    let deliveries = find.deliveries(&caller, args.id).await?;
    let now = wired.usher.now();
    if args.json {
        return Ok(stdout::line(invitation_json(&invitation, &deliveries, now))?);
    }
    for (name, value) in fields(&invitation, now) {
        stdout::line(format!("{name:13} {}", printable(&value)))?;
    }
    for it in &deliveries {
        stdout::line(delivery_text(it))?;
    }
    Ok(())
}

fn invitation_id(text: &str) -> Result<InvitationId, String> {
    let parsed = text.parse().map(|it: Uuid| InvitationId(it));
    parsed.map_err(|_| "the id of an invitation has 32 hexadecimal digits".to_owned())
}

/// What there is to say of an invitation, by name.
fn fields(it: &Invitation, now: Timestamp) -> Vec<(&'static str, String)> {
    let offer = &it.offer;
    let all = [
        ("id", Some(it.id.to_string())),
        ("state", Some(it.state(now).as_str().to_owned())),
        ("to", Some(it.mailbox.typed().to_owned())),
        ("user", it.user.as_ref().map(ToString::to_string)),
        ("by", Some(Reference::from(&it.creator).to_string())),
        ("issued", Some(rfc3339(it.issued_at))),
        ("expires", Some(rfc3339(it.expires_at))),
        ("organization", offer.organization.as_ref().map(ToString::to_string)),
        ("roles", (!offer.roles.is_empty()).then(|| offer.roles.join(", "))),
        ("authority", offer.authority.map(|it| it.as_str().to_owned())),
        ("inviter", offer.inviter.as_ref().map(|it| it.name.clone())),
        ("redirect", offer.redirect.clone()),
        ("letters", Some(it.letters.to_string())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn delivery_text(it: &Delivery) -> String {
    let (at, outcome, answer) = (rfc3339(it.at), it.outcome.as_str(), printable(&it.answer));
    format!("{at}  letter {}, attempt {}  {outcome:8}  {answer}", it.letter, it.attempt)
}

fn invitation_json(it: &Invitation, deliveries: &[Delivery], now: Timestamp) -> Value {
    let offer = &it.offer;
    let delivery = |it: &Delivery| {
        json!({
            "at": rfc3339(it.at),
            "letter": it.letter,
            "attempt": it.attempt,
            "outcome": it.outcome.as_str(),
            "answer": it.answer,
        })
    };
    json!({
        "id": it.id.to_string(),
        "state": it.state(now).as_str(),
        "to": it.mailbox.typed(),
        "user": it.user.as_ref().map(ToString::to_string),
        "by": Reference::from(&it.creator).json(),
        "issued_at": rfc3339(it.issued_at),
        "expires_at": rfc3339(it.expires_at),
        "organization": offer.organization.as_ref().map(ToString::to_string),
        "roles": offer.roles,
        "authority": offer.authority.map(usher_domain::Authority::as_str),
        "labels": offer.labels,
        "inviter": offer.inviter.as_ref().map(|it| &it.name),
        "redirect": offer.redirect,
        "message": offer.message,
        "letters": it.letters,
        "deliveries": deliveries.iter().map(delivery).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use usher_application::{Invite, Invitee};
    use usher_domain::Mailbox;

    use super::*;
    use crate::settings::Settings;

    #[tokio::test]
    async fn an_invitation_is_shown_with_each_delivery_and_the_servers_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let environment = [
            ("USHER_DATA_DIR".to_owned(), path("data")),
            ("USHER_MAIL__URL".to_owned(), format!("folder:{}", path("mail"))),
        ];
        let wired = Wired::new(Settings::load(None, environment).unwrap()).await.unwrap();
        let caller = wired.operator(None).await.unwrap();
        let mailbox = Mailbox::parse("ada@example.org").unwrap();
        let invites = [Invite::new(Invitee::Mailbox { mailbox, name: None })];
        let usher = &wired.usher;
        let mut outcomes = usher.invitations.invite.run(&caller, &invites).await.unwrap();
        let invitation = outcomes.remove(0).unwrap();
        usher.letters.deliver.turn(10, 1).await.unwrap();
        let deliveries = usher.invitations.find.deliveries(&caller, invitation.id).await.unwrap();
        let shown = invitation_json(&invitation, &deliveries, invitation.issued_at);
        assert_eq!((&shown["state"], &shown["to"]), (&json!("pending"), &json!("ada@example.org")));
        assert_eq!(shown["deliveries"].as_array().unwrap().len(), 1);
        assert_eq!(shown["deliveries"][0]["outcome"], "sent");
        let text = delivery_text(&deliveries[0]);
        assert!(text.contains("letter 1, attempt 1  sent"), "{text}");
        assert!(text.ends_with(&printable(&deliveries[0].answer)), "{text}");
        let expired = fields(&invitation, invitation.expires_at + TimeDelta::seconds(1));
        assert!(expired.contains(&("state", "expired".to_owned())));
        let id = invitation_id(&invitation.id.to_string()).unwrap();
        let args = ShowArgs { id, json: true, tenant: None };
        run(&wired, InvitationCommand::Show(args)).await.unwrap();
        wired.close().await;
    }

    #[test]
    fn what_is_no_id_is_refused() {
        assert!(invitation_id("ada").is_err());
    }
}
