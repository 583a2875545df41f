//! Users: the people that a tenant knows.

use std::fmt;

use chrono::TimeDelta;
use strum::{EnumString, IntoStaticStr, VariantArray};
use unicode_normalization::UnicodeNormalization as _;

use crate::{
    account_letter::{AccountLetter, AccountLetterKind, AccountLetters},
    authority::Authority,
    characters::folded,
    document::Document,
    gift::{Gift, Gifts, Given},
    id::{OrganizationId, ProfileId, TenantId, UserId},
    locale::Locale,
    mailbox::Mailbox,
    role::merge_roles,
    text::{InvalidText, TextRule},
    timestamp::Timestamp,
};

/// A user. `Debug` shows the id alone, so that logs cannot hold a person by accident.
#[derive(Clone, PartialEq)]
pub struct User {
    pub id: UserId,
    pub tenant: TenantId,
    pub status: UserStatus,
    /// Unique within the tenant, compared without case. It never reads as somebody else's mailbox:
    /// see [`Self::check_username`].
    pub username: Option<String>,
    /// Where they are reached and what they sign in with; unique within the tenant.
    pub mailbox: Option<Mailbox>,
    pub personal_mailbox: Option<Mailbox>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub display_name: Option<String>,
    pub locale: Option<Locale>,
    /// The password hash: a PHC string, or the form of bcrypt; none for users who do not sign in here.
    pub password: Option<String>,
    /// What they may do in the tenant; none for most.
    pub authority: Option<Authority>,
    /// Roles in the tenant itself; an organization's are in the membership.
    pub roles: Vec<String>,
    /// The organization that the user primarily belongs to.
    pub home: Option<OrganizationId>,
    /// The profile by which the user is invited.
    pub invitation_profile: Option<ProfileId>,
    pub profile: Document,
    pub attributes: Document,
    /// When somebody last showed that they read the mailbox, or an administrator of the tenant
    /// vouched for it; `None` as long as nobody did, and again when the mailbox changes.
    pub mailbox_proven_at: Option<Timestamp>,
    /// Sessions and keys that were given before this time are not valid any more: the user was
    /// reset or disabled then, or got another password.
    pub void_before: Option<Timestamp>,
    /// The letters to them about their account; none for whoever was never written one.
    pub letters: Option<AccountLetters>,
    /// Who made the account, and who gave it its roles and its authority.
    pub gifts: Gifts,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

/// How far a user is: known, invited, active or disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[strum(parse_err_ty = UnknownUserStatus, parse_err_fn = unknown_status)]
pub enum UserStatus {
    /// Known, but not invited.
    Unregistered,
    /// Invited.
    Pending,
    /// Has accepted an invitation, or was added as active.
    Active,
    /// May not sign in, and cannot be invited.
    Disabled,
}

/// The text is not a status of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of unregistered, pending, active, disabled")]
pub struct UnknownUserStatus;

fn unknown_status(_: &str) -> UnknownUserStatus {
    UnknownUserStatus
}

impl UserStatus {
    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl User {
    /// How many bytes its documents have.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.profile.0.len() + self.attributes.0.len()
    }

    /// A new user: unregistered, and without names and addresses.
    #[must_use]
    pub fn new(id: UserId, tenant: TenantId, now: Timestamp) -> Self {
        Self {
            id,
            tenant,
            status: UserStatus::Unregistered,
            username: None,
            mailbox: None,
            personal_mailbox: None,
            phone: None,
            first_name: None,
            last_name: None,
            display_name: None,
            locale: None,
            password: None,
            authority: None,
            roles: Vec::new(),
            home: None,
            invitation_profile: None,
            profile: Document::default(),
            attributes: Document::default(),
            mailbox_proven_at: None,
            void_before: None,
            letters: None,
            gifts: Gifts::default(),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// What to call them: display name, first and last name, username, or the mailbox as typed.
    #[must_use]
    pub fn full_name(&self) -> String {
        let chosen = self.display_name.clone().or_else(|| self.first_and_last_name());
        chosen
            .or_else(|| self.username.clone())
            .or_else(|| self.mailbox.as_ref().map(|it| it.typed().to_owned()))
            .unwrap_or_default()
    }

    /// The name that letters and forms address them by: not the mailbox and not the username. A display
    /// name that somebody chose who did not prove the mailbox need not be that of its reader.
    #[must_use]
    pub fn called(&self) -> Option<String> {
        let is_unproven = self.status == UserStatus::Active && self.mailbox_proven_at.is_none();
        let display_name = self.display_name.as_ref().filter(|_| !is_unproven);
        display_name.cloned().or_else(|| self.first_and_last_name())
    }

    /// First and last name, as far as there are any.
    fn first_and_last_name(&self) -> Option<String> {
        let names: Vec<_> =
            [&self.first_name, &self.last_name].into_iter().flatten().map(String::as_str).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// A username as it is compared: without case, and in the form (NFKC) in which characters that
    /// look alike because they are forms of one, such as `＠` and `@`, are the same.
    #[must_use]
    pub fn folded_username(username: &str) -> String {
        folded(username)
    }

    /// Whether the username is one that nobody takes for somebody else's address: it contains no
    /// `@` in any form, unless it is the user's own mailbox, also in the form in which usernames are
    /// compared. Whoever writes a user with a username asks first.
    pub fn check_username(&self) -> Result<(), InvalidText> {
        let has_at = |it: &&str| it.nfkc().any(|it| it == '@');
        let Some(username) = self.username.as_deref().filter(has_at) else {
            return Ok(());
        };
        let forms = [username.to_owned(), Self::folded_username(username)];
        let is_own =
            forms.iter().all(|it| Mailbox::parse(it).is_ok_and(|it| self.mailbox == Some(it)));
        let rule = TextRule::ForeignMailbox;
        is_own.then_some(()).ok_or(InvalidText { field: "username", rule })
    }

    /// Whether they can sign in with a password.
    #[must_use]
    pub fn signs_in(&self) -> bool {
        self.status == UserStatus::Active && self.password.is_some()
    }

    /// The status, given whether an open invitation waits for them: a user who was invited is
    /// `Pending` for as long as they can accept, and `Unregistered` again after that.
    #[must_use]
    pub fn effective_status(&self, invited: bool) -> UserStatus {
        match (self.status, invited) {
            (UserStatus::Unregistered | UserStatus::Pending, true) => UserStatus::Pending,
            (UserStatus::Unregistered | UserStatus::Pending, false) => UserStatus::Unregistered,
            (status, _) => status,
        }
    }

    /// The same user, unregistered again, so that they can be invited again. Password and authority
    /// are removed; memberships stay.
    #[must_use]
    pub fn reset(self, now: Timestamp) -> Self {
        Self {
            status: UserStatus::Unregistered,
            password: None,
            void_before: Some(self.ended_at(now)),
            ..self.touched(now).without_links().without_authority()
        }
    }

    /// The same user, whose mailbox somebody has proven at that time to read. What was to prove it is
    /// used up.
    #[must_use]
    pub fn proven(self, now: Timestamp) -> Self {
        let gifts = self.gifts.clone().with_invitee_in();
        Self { mailbox_proven_at: Some(now), gifts, ..self.without_links() }
    }

    /// The same user, for whom the links in letters about the account are good no more.
    fn without_links(self) -> Self {
        Self { letters: self.letters.map(AccountLetters::without_links), ..self }
    }

    /// The same user, handed to whoever proved that they read the mailbox, because nobody had before:
    /// what whoever used the account could do is gone. That is the password, the authority, and all
    /// sessions and keys; and the name that they gave it.
    #[must_use]
    pub fn recovered(self, now: Timestamp) -> Self {
        let void_before = Some(self.ended_at(now));
        let user = self.proven(now).without_display_name().without_authority();
        Self { password: None, void_before, ..user }
    }

    /// The same user, whom somebody made so.
    #[must_use]
    pub fn given(self, gift: &Gift) -> Self {
        Self { gifts: self.gifts.with(Given::Itself, gift), ..self }
    }

    /// The same user with these roles and those there are. Each of them is given so, also where it
    /// was held before.
    #[must_use]
    pub fn with_more_roles(self, more: &[String], gift: &Gift) -> Self {
        let gifts = self.gifts.with_more_roles(more, gift);
        Self { gifts, roles: merge_roles(self.roles, more), ..self }
    }

    /// The same user with this authority, which is given so. Nobody loses what they have.
    #[must_use]
    pub fn with_authority(self, authority: Authority, gift: &Gift) -> Self {
        let gifts = self.gifts.with(Given::Authority(authority), gift);
        let most = self.authority.map_or(authority, |it| it.min(authority));
        Self { authority: Some(most), gifts, ..self }
    }

    /// The same user without what nobody else gave them, when gifts are taken back. Who gave what is
    /// still known afterwards.
    #[must_use]
    pub fn without(&self, is_taken: &dyn Fn(&Gift) -> bool) -> Self {
        let is_gone = |it: Authority| self.gifts.gone(is_taken).contains(&&Given::Authority(it));
        let authority = match self.authority {
            // What somebody else gave before counts again.
            Some(it) if is_gone(it) => self.gifts.authorities_left(is_taken).min(),
            it => it,
        };
        let roles = self.gifts.roles_left(self.roles.clone(), is_taken);
        Self { authority, roles, ..self.clone() }
    }

    /// Whether somebody made the account whose gifts are taken back, and nobody else did.
    #[must_use]
    pub fn is_made_by(&self, is_taken: &dyn Fn(&Gift) -> bool) -> bool {
        self.gifts.gone(is_taken).contains(&&Given::Itself)
    }

    /// When somebody whose gifts are taken back last opened the account by a link that they were shown,
    /// whoever made it. They chose the password then, unless somebody has proven the mailbox since.
    #[must_use]
    pub fn opened_by(&self, is_taken: &dyn Fn(&Gift) -> bool) -> Option<Timestamp> {
        let opened = self.gifts.iter().filter(|(what, _)| *what == Given::Itself);
        let by_link = opened.filter_map(|(_, gift)| gift.shown.as_ref());
        let taken = by_link.filter(|it| is_taken(&Gift::new(it.to.clone(), it.used_at)));
        taken.map(|it| it.used_at).max()
    }

    /// The same user, who may do nothing in the tenant.
    fn without_authority(self) -> Self {
        Self { authority: None, gifts: self.gifts.without_authority(), ..self }
    }

    /// The same user without the display name, which is the one name that whoever opens an account
    /// chooses.
    #[must_use]
    pub fn without_display_name(self) -> Self {
        Self { display_name: None, ..self }
    }

    /// How long it is until a letter of this kind may be sent to them on request: not while another one
    /// went a short while ago. None where there is nobody to write to.
    #[must_use]
    pub fn wait_for_letter(&self, kind: AccountLetterKind, now: Timestamp) -> Option<TimeDelta> {
        let before = self.letters.as_ref().and_then(|it| it.of(kind));
        let wait = before.map_or(TimeDelta::zero(), |it| it.at + AccountLetter::PAUSE - now);
        let is_reached = self.status == UserStatus::Active && self.mailbox.is_some();
        is_reached.then_some(wait.max(TimeDelta::zero()))
    }

    /// What the token in a letter about the account is bound to: with another mailbox or password,
    /// and once it was used, it is void. The link of a letter that went is never made again, even if
    /// the mailbox is the former one again.
    #[must_use]
    pub fn bound_state(&self, letter: &AccountLetter) -> Vec<u8> {
        let micros = |it: Option<Timestamp>| it.map_or(0, |it| it.timestamp_micros());
        let mailbox = self.mailbox.as_ref().map_or("", |it| it.folded());
        let password = self.password.as_deref().unwrap_or_default();
        let (proven, void) = (micros(self.mailbox_proven_at), micros(self.void_before));
        // Neither an address nor a hash holds a line break.
        let of_account = format!("{}\n{mailbox}\n{password}\n{proven}\n{void}", self.id);
        format!("{of_account}\n{}", letter.link).into_bytes()
    }

    /// The same user, with another password, which ends their sessions and keys from before.
    #[must_use]
    pub fn with_password(self, hash: String, now: Timestamp) -> Self {
        let void_before = Some(self.ended_at(now));
        Self { password: Some(hash), void_before, ..self.touched(now).without_links() }
    }

    /// Whether this is an address that they have now: their mailbox or their personal one.
    #[must_use]
    pub fn has_address(&self, mailbox: &Mailbox) -> bool {
        [&self.mailbox, &self.personal_mailbox].into_iter().flatten().any(|it| it == mailbox)
    }

    /// The same user, changed from what they were `before`. Who is not active any more, or has another
    /// password, is signed out: sessions and keys from before are void, also once they are active
    /// again. With another mailbox or password, the links in letters about the account end for good.
    #[must_use]
    pub fn changed_from(self, before: &Self, now: Timestamp) -> Self {
        let is_out = before.status == UserStatus::Active && self.status != UserStatus::Active;
        let is_void = is_out || self.password != before.password;
        let void_before = if is_void { Some(before.ended_at(now)) } else { self.void_before };
        let changed = Self { void_before, ..self };
        let is_elsewhere = changed.mailbox != before.mailbox;
        if is_void || is_elsewhere { changed.without_links() } else { changed }
    }

    /// The same user, as somebody sees them who has to do with one of their memberships alone: who
    /// they are, and not what the tenant or others know of them.
    #[must_use]
    pub fn from_elsewhere(self) -> Self {
        Self {
            personal_mailbox: None,
            phone: None,
            authority: None,
            roles: Vec::new(),
            invitation_profile: None,
            profile: Document::default(),
            attributes: Document::default(),
            ..self
        }
    }

    /// Whether a session or key that they were given at that time is still valid.
    #[must_use]
    pub fn honours(&self, given_at: Timestamp) -> bool {
        self.status == UserStatus::Active && self.void_before.is_none_or(|it| given_at >= it)
    }

    /// When a session or key counts as given that they are given now. That is no sooner than they were
    /// last signed out, whatever the clock says that is asked now: another one, which was ahead, may have
    /// told when that was.
    #[must_use]
    pub fn given_at(&self, now: Timestamp) -> Timestamp {
        self.void_before.map_or(now, |it| it.max(now))
    }

    /// Before when sessions and keys are void that end now: what counts as given at [`Self::given_at`] until
    /// now ends too.
    fn ended_at(&self, now: Timestamp) -> Timestamp {
        self.void_before.map_or(now, |it| now.max(it + TimeDelta::microseconds(1)))
    }

    /// The same user, changed once more.
    #[must_use]
    pub fn touched(self, now: Timestamp) -> Self {
        Self { updated_at: now, version: self.version + 1, ..self }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// How a client names a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UserRef {
    Id(UserId),
    Username(String),
    Mailbox(Mailbox),
}

impl UserRef {
    /// What people call a user: a mailbox if it reads as one, and only else a username. So whoever
    /// is named by an address is never found by a username that somebody chose.
    #[must_use]
    pub fn named(text: &str) -> Self {
        match Mailbox::parse(text) {
            Ok(mailbox) => Self::Mailbox(mailbox),
            Err(_) => Self::Username(text.to_owned()),
        }
    }

    /// Whether whoever says this name surely means whoever uses the user's account, so that the account
    /// can be given something without asking. An id or a username is a name of the account. An address
    /// is one of whoever reads it, and somebody else may use the account until the address is proven.
    #[must_use]
    pub fn surely_means(&self, user: &User) -> bool {
        match self {
            Self::Id(_) | Self::Username(_) => true,
            Self::Mailbox(_) => user.mailbox_proven_at.is_some(),
        }
    }
}

#[cfg(test)]
mod tests;
