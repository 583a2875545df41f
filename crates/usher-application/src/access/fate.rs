//! What becomes of accounts when gifts are taken back.

use usher_domain::{Actor, Gift, Membership, User, UserStatus};

use crate::access::sources::Sources;

/// What becomes of an account.
pub(crate) struct Fate {
    pub(crate) before: User,
    pub(crate) after: User,
    /// Somebody made or opened it whose gifts are taken back, and nobody else made it or has it now.
    is_made: bool,
    /// They gave it an authority, whether it still has that or not.
    had_authority: bool,
    /// They opened it by a link that they were shown, whoever made it; or they made it, and nothing
    /// tells any more whether it was there that the key gave anything.
    is_doubtful: bool,
    /// The memberships that it gave itself or has at home alone, and that end with it.
    pub(crate) joined: Vec<Membership>,
}

impl Fate {
    /// What becomes of this account, given what people belong to.
    pub(crate) fn of(before: User, held: &[Membership], sources: &Sources) -> Self {
        let own = Actor::User(before.id.clone());
        let theirs = || held.iter().filter(|it| it.user == before.id);
        let is_home = |it: &Membership| sources.gave_home(it, &before);
        let has_home = theirs().any(is_home);
        let gave = |gift: &Gift| {
            let is_along = |it| sources.gave_along(gift, it);
            sources.gave(gift, before.home.as_ref())
                || theirs().any(is_along)
                || (has_home && sources.are_givers(gift))
        };
        let opened = before.opened_by(&gave);
        let is_in = matches!(before.status, UserStatus::Active | UserStatus::Disabled);
        // Whoever proved the mailbox since has the account now, with a password of their own.
        let opened_at = opened.filter(|_| is_in && before.mailbox_proven_at.is_none());
        let is_made = opened_at.is_some() || before.is_made_by(&gave);
        let raised = before.gifts.iter().filter(|(what, gift)| what.is_authority() && gave(gift));
        let raised_at = raised.map(|(_, gift)| gift.at).min();
        // What somebody gave themselves by an account or an authority from them is nobody else's.
        let by_it =
            |gift: &Gift| gift.by == own && (is_made || raised_at.is_some_and(|it| it <= gift.at));
        let left = before.without(&|gift| gave(gift) || by_it(gift));
        let outlasts =
            |it: &Membership, opened_at| !is_home(it) && sources.outlasts_account(it, opened_at);
        let belongs = theirs().any(|it| outlasts(it, opened_at));
        let has_more = belongs || left.authority.is_some() || !left.roles.is_empty();
        let goes = is_made && !has_more;
        let joined =
            theirs().filter(|it| goes && sources.left_of(it).is_some() && !outlasts(it, None));
        let joined = joined.cloned().collect();
        let after = if goes { User { status: UserStatus::Disabled, ..left } } else { left };
        let is_stray = before.home.is_none() && theirs().next().is_none();
        let is_theirs = before.is_made_by(&|gift| sources.are_givers(gift));
        let is_doubtful = opened.is_some() || (is_stray && is_theirs);
        let had_authority = raised_at.is_some();
        Self { before, after, is_made, had_authority, is_doubtful, joined }
    }

    pub(crate) fn is_changed(&self) -> bool {
        self.after != self.before
    }

    /// Whether it is shut, now or by an earlier run.
    fn goes(&self) -> bool {
        self.is_made && self.after.status == UserStatus::Disabled
    }

    pub(crate) fn is_disabled_now(&self) -> bool {
        self.goes() && self.before.status != UserStatus::Disabled
    }

    /// Whether what it did is taken back too.
    pub(crate) fn acted(&self) -> bool {
        self.goes() && self.had_authority
    }

    pub(crate) fn is_to_look_at(&self) -> bool {
        !self.goes()
            && (self.is_made
                || self.had_authority
                || (self.is_doubtful && self.after.status != UserStatus::Disabled))
    }
}
