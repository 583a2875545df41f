//! Quotas: how many letters and invitations there may be in a time, and what they are counted under.

use caseless::default_case_fold_str;
use chrono::TimeDelta;
use strum::{IntoStaticStr, VariantArray};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use crate::{
    account_letter::AccountLetterKind,
    authority::Actor,
    id::InvitationId,
    keyring::{Keyring, Purpose},
    mailbox::Mailbox,
    timestamp::{Timestamp, whole_seconds},
};

/// What is counted. The window of a count begins with what is counted first, and has a fixed length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Quota {
    /// Letters to one mailbox, whatever they are about, that callers and usher itself have sent.
    Mailbox,
    /// Letters of one kind to one address that anybody can ask for who knows it. They are counted apart,
    /// so that no stranger uses up what callers may send to it, and letters of one kind, or to another
    /// address of the same mailbox, use up none of another.
    Requested,
    /// The same letters, of all kinds, to all addresses of one mailbox that have something behind a
    /// `+`, together: there is no end of such addresses.
    Tagged,
    /// Letters about one invitation.
    Invitation,
    /// Invitations and letters that one caller makes. An invitation and its first letter are one.
    Caller,
    /// Letters of a tenant.
    Tenant,
}

impl Quota {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word that is shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether one count of it is for many that are written at the same time.
    #[must_use]
    pub fn is_wide(self) -> bool {
        matches!(self, Self::Caller | Self::Tenant)
    }

    /// How long a count goes on.
    #[must_use]
    pub fn window(self) -> TimeDelta {
        match self {
            Self::Mailbox | Self::Requested | Self::Tagged | Self::Invitation => {
                TimeDelta::hours(1)
            }
            Self::Caller | Self::Tenant => TimeDelta::days(1),
        }
    }
}

/// How much there may be of each, for all tenants alike; 0 is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    pub mailbox: u32,
    pub requested: u32,
    pub invitation: u32,
    pub caller: u32,
    pub tenant: u32,
    /// The tasks of a tenant that were submitted and are not completed.
    pub tasks: u32,
    /// The sessions of a user.
    pub sessions: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            mailbox: 10,
            requested: 3,
            invitation: 3,
            caller: 200_000,
            tenant: 1_000_000,
            tasks: 1_000,
            sessions: 50,
        }
    }
}

impl Quotas {
    /// No bounds at all.
    pub const NONE: Self = Self {
        mailbox: 0,
        requested: 0,
        invitation: 0,
        caller: 0,
        tenant: 0,
        tasks: 0,
        sessions: 0,
    };

    /// The most that there may be in a window; `None` for no bound.
    #[must_use]
    pub fn most(&self, of: Quota) -> Option<u32> {
        let most = match of {
            Quota::Mailbox | Quota::Tagged => self.mailbox,
            Quota::Requested => self.requested,
            Quota::Invitation => self.invitation,
            Quota::Caller => self.caller,
            Quota::Tenant => self.tenant,
        };
        Some(most).filter(|it| *it > 0)
    }
}

/// A quota is used up: there were as many as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}; try again after {}", said(*.quota, *.most), .until.format("%Y-%m-%dT%H:%M:%SZ"))]
pub struct UsedUp {
    pub quota: Quota,
    pub most: u32,
    /// When another one was asked for.
    pub at: Timestamp,
    /// When there may be more.
    pub until: Timestamp,
}

impl UsedUp {
    /// How long from when it was asked for until there may be more, in whole seconds: one at least.
    #[must_use]
    pub fn wait(&self) -> u64 {
        whole_seconds(self.until - self.at)
    }
}

fn said(quota: Quota, most: u32) -> String {
    match quota {
        Quota::Mailbox => format!("no more than {most} letters are sent to one mailbox in an hour"),
        Quota::Requested => {
            format!("no more than {most} letters of one kind are sent on request in an hour")
        }
        Quota::Tagged => format!(
            "no more than {most} letters are sent on request in an hour to addresses that differ only \
             in what follows a +"
        ),
        Quota::Invitation => {
            format!("no more than {most} letters are sent about one invitation in an hour")
        }
        Quota::Caller => {
            format!("no more than {most} invitations and letters are made by one caller in a day")
        }
        Quota::Tenant => format!("no more than {most} letters are sent by one tenant in a day"),
    }
}

/// What something is counted under: a keyed digest, so that the rows hold no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuotaKey(pub Uuid);

/// Whose count it is.
#[derive(Clone, Copy, Debug)]
pub enum QuotaOwner<'a> {
    Mailbox(&'a Mailbox),
    /// This very address, for letters of this kind that are sent at the request of anybody.
    Requests(AccountLetterKind, &'a Mailbox),
    /// All addresses that differ only in what follows a `+`, for whatever is sent at such requests.
    /// Those that are proven are counted apart: others have accounts under as many unproven ones of
    /// somebody else's mailbox as they like.
    Tagged {
        mailbox: &'a Mailbox,
        proven: bool,
    },
    Invitation(InvitationId),
    Caller(&'a Actor),
    Tenant,
}

impl<'a> QuotaOwner<'a> {
    /// Whose counts a letter of this kind is one of that anybody may have asked for. Only those who ask
    /// for the same to the same address use up what it may get, but where it has something behind a
    /// `+`: then there is a bound for all such addresses besides.
    pub fn of_request(
        kind: AccountLetterKind,
        mailbox: &'a Mailbox,
        proven: bool,
    ) -> impl Iterator<Item = Self> {
        let tagged = untagged(mailbox).map(|_| Self::Tagged { mailbox, proven });
        [Self::Requests(kind, mailbox)].into_iter().chain(tagged)
    }

    #[must_use]
    pub fn quota(&self) -> Quota {
        match self {
            Self::Mailbox(_) => Quota::Mailbox,
            Self::Requests(..) => Quota::Requested,
            Self::Tagged { .. } => Quota::Tagged,
            Self::Invitation(_) => Quota::Invitation,
            Self::Caller(_) => Quota::Caller,
            Self::Tenant => Quota::Tenant,
        }
    }
}

impl Keyring {
    /// What is counted for this owner in a tenant. It is another key once there is another keyring.
    ///
    /// Addresses that differ only in what follows a `+`, in case (Unicode default folding) or in
    /// forms of the same characters (NFKC) are counted together, but for what is counted for one
    /// address: some mail servers deliver them to one mailbox, and where one does not, they share its
    /// bound.
    #[must_use]
    pub fn quota_key(&self, of: &QuotaOwner<'_>) -> QuotaKey {
        let digest =
            |bytes: &[u8]| self.digest(Purpose::Quota, of.quota().as_str().as_bytes(), bytes);
        let digest = match of {
            QuotaOwner::Mailbox(mailbox) => digest(without_tag(mailbox).as_bytes()),
            QuotaOwner::Requests(kind, mailbox) => {
                digest(format!("{} {}", kind.as_str(), mailbox.folded()).as_bytes())
            }
            QuotaOwner::Tagged { mailbox, proven } => {
                digest(format!("{proven} {}", without_tag(mailbox)).as_bytes())
            }
            QuotaOwner::Invitation(id) => digest(id.0.as_bytes()),
            QuotaOwner::Caller(actor) => digest(actor.to_string().as_bytes()),
            QuotaOwner::Tenant => digest(b""),
        };
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        QuotaKey(Uuid::from_bytes(first))
    }
}

/// The address without what follows a `+` in it; none where there is nothing to leave out.
fn untagged(mailbox: &Mailbox) -> Option<String> {
    let (local, domain) = mailbox.folded().rsplit_once('@')?;
    let (it, _) = local.split_once('+').filter(|(it, _)| !it.is_empty())?;
    Some(format!("{it}@{domain}"))
}

fn without_tag(mailbox: &Mailbox) -> String {
    let address = untagged(mailbox).unwrap_or_else(|| mailbox.folded().to_owned());
    let (local, domain) = address.rsplit_once('@').unwrap_or_default();
    let seen: String = local.nfkc().collect();
    format!("{}@{domain}", default_case_fold_str(&seen))
}

/// How much was counted in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaCount {
    pub spent: u64,
    /// When the window ends.
    pub until: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::UserId, keyring::Key};

    fn keyring(secret: u8) -> Keyring {
        Keyring::new(vec![Key::new("k", [secret; 32])]).unwrap()
    }

    #[test]
    fn each_owner_has_a_count_of_its_own() {
        let (ada, bob) =
            (Mailbox::parse("ada@a.example").unwrap(), Mailbox::parse("b@a.example").unwrap());
        let tagged = Mailbox::parse("ada+1@a.example").unwrap();
        let actors = [Actor::System, Actor::User(UserId::parse("ada").unwrap())];
        let id = InvitationId(Uuid::nil());
        let owners = [
            QuotaOwner::Mailbox(&ada),
            QuotaOwner::Mailbox(&bob),
            QuotaOwner::Requests(AccountLetterKind::Reset, &ada),
            QuotaOwner::Requests(AccountLetterKind::Confirmation, &ada),
            QuotaOwner::Requests(AccountLetterKind::PasswordChanged, &ada),
            QuotaOwner::Requests(AccountLetterKind::Reset, &tagged),
            QuotaOwner::Tagged { mailbox: &tagged, proven: false },
            QuotaOwner::Tagged { mailbox: &tagged, proven: true },
            QuotaOwner::Invitation(id),
            QuotaOwner::Invitation(InvitationId(Uuid::max())),
            QuotaOwner::Caller(&actors[0]),
            QuotaOwner::Caller(&actors[1]),
            QuotaOwner::Tenant,
        ];
        let mut keys: Vec<_> = owners.iter().map(|it| keyring(1).quota_key(it)).collect();
        assert!(owners.iter().zip(&keys).all(|(it, key)| keyring(1).quota_key(it) == *key));
        keys.extend(owners.iter().map(|it| keyring(2).quota_key(it)));
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 2 * owners.len());
    }

    #[test]
    fn one_mailbox_has_one_count_however_it_is_written() {
        let key =
            |text: &str| keyring(1).quota_key(&QuotaOwner::Mailbox(&Mailbox::parse(text).unwrap()));
        let all = ["ada@a.example", "ADA@A.example", "ada+1@a.example", "Ada+news+2@a.example"];
        assert!(all.iter().all(|it| key(it) == key(all[0])));
        for other in ["bob@a.example", "ada@b.example", "+ada@a.example", "a.da@a.example"] {
            assert_ne!(key(other), key(all[0]));
        }
        assert_ne!(key("+1@a.example"), key("+2@a.example"));
        // They are mailboxes of their own, which some mail servers deliver to one person.
        let all = ["strasse@a.example", "straße@a.example", "\u{17f}traße@a.example"];
        assert!(all.iter().all(|it| key(it) == key(all[0])));
        assert_eq!(key("JÜRGEN@a.example"), key("jürgen@a.example"));
    }

    #[test]
    fn what_is_asked_for_is_counted_for_its_address_and_all_that_have_a_tag_together() {
        let keys = |text: &str, proven| {
            let mailbox = Mailbox::parse(text).unwrap();
            let owners = QuotaOwner::of_request(AccountLetterKind::Reset, &mailbox, proven);
            owners.map(|it| keyring(1).quota_key(&it)).collect::<Vec<_>>()
        };
        let (bare, first) = (keys("ada@a.example", true), keys("ada+1@a.example", true));
        assert_eq!(bare, keys("ADA@A.example", false));
        assert_eq!((bare.len(), first.len()), (1, 2));
        let second = keys("Ada+2@a.example", true);
        assert_ne!(first[0], second[0]);
        assert_eq!(first[1], second[1]);
        let unproven = keys("ada+1@a.example", false);
        assert_eq!(first[0], unproven[0]);
        assert_ne!(first[1], unproven[1]);
    }

    #[test]
    fn what_is_used_up_says_how_many_and_until_when() {
        let until = Timestamp::UNIX_EPOCH + TimeDelta::milliseconds(90_500);
        let it = UsedUp { quota: Quota::Mailbox, most: 10, at: Timestamp::UNIX_EPOCH, until };
        let text = "no more than 10 letters are sent to one mailbox in an hour; \
                    try again after 1970-01-01T00:01:30Z";
        assert_eq!(it.to_string(), text);
        assert_eq!(it.wait(), 91);
        assert_eq!(UsedUp { at: until, ..it }.wait(), 1);
        let none = Quotas::NONE;
        assert!(Quota::ALL.iter().all(|it| none.most(*it).is_none()));
        assert!(Quota::ALL.iter().all(|it| Quotas::default().most(*it).is_some()));
    }
}
