//! Who gave somebody what they have, so that it can be taken back from whoever had no right to give it.

use std::iter;

use crate::{
    authority::{Actor, Authority},
    timestamp::Timestamp,
};

/// What somebody was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Given {
    /// The account or the membership itself.
    Itself,
    Role(String),
    Pin,
    /// That they may open a terminal where others sign in with their pins.
    PinAllowed,
    Authority(Authority),
    /// An authority that they lost since, and that nothing gives back.
    PastAuthority(Authority),
}

impl Given {
    /// Whether it is an authority, whether they still have that or not.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        matches!(self, Self::Authority(_) | Self::PastAuthority(_))
    }
}

/// Who gave something, and when they did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gift {
    pub by: Actor,
    pub at: Timestamp,
    /// The link by which it was accepted, if that one was handed over. Whoever was shown it may have
    /// used it themselves, so that it is their gift as well.
    pub shown: Option<Shown>,
}

/// A handed-over link by which somebody accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub to: Actor,
    /// When somebody accepted by it: it may have been shown again until then.
    pub used_at: Timestamp,
}

impl Gift {
    #[must_use]
    pub fn new(by: Actor, at: Timestamp) -> Self {
        Self { by, at, shown: None }
    }

    /// The same, as it was accepted by such a link.
    #[must_use]
    pub fn by_link(self, shown: Option<Shown>) -> Self {
        Self { shown, ..self }
    }

    /// Everybody whose gift it is, with the time that counts for them. It is taken back with either.
    pub fn givers(&self) -> impl Iterator<Item = (&Actor, Timestamp)> {
        let shown = self.shown.as_ref().map(|it| (&it.to, it.used_at));
        iter::once((&self.by, self.at)).chain(shown)
    }

    fn is_of_same(&self, other: &Self) -> bool {
        self.givers().map(|(it, _)| it).eq(other.givers().map(|(it, _)| it))
    }
}

/// What an account or a membership was given, and by whom. A gift stays here when what was given goes;
/// given again by somebody else, it is a gift of both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gifts(Vec<(Given, Gift)>);

impl Gifts {
    pub fn iter(&self) -> impl Iterator<Item = &(Given, Gift)> {
        self.0.iter()
    }

    /// The same, and this as well. Of one giver the latest gift of a thing is kept.
    #[must_use]
    pub fn with(mut self, what: Given, gift: &Gift) -> Self {
        self.0.retain(|(it, held)| *it != what || !held.is_of_same(gift));
        self.0.push((what, gift.clone()));
        self
    }

    /// The same without what fits, whoever gave it.
    #[must_use]
    pub fn forgetting(mut self, fits: impl Fn(&Given) -> bool) -> Self {
        self.0.retain(|(it, _)| !fits(it));
        self
    }

    /// The same when all authority is lost. Who gave it is still known.
    #[must_use]
    pub fn without_authority(self) -> Self {
        let lost = |all: Self, (what, gift): (Given, Gift)| {
            let past = match what {
                Given::Authority(it) => Given::PastAuthority(it),
                it => it,
            };
            all.with(past, &gift)
        };
        self.0.into_iter().fold(Self::default(), lost)
    }

    /// The same when it is known that whom all of it was for has it now. What was accepted by a link
    /// that was handed over counts as accepted by them as well.
    #[must_use]
    pub fn with_invitee_in(self) -> Self {
        let handed_over = self.0.iter().filter(|(_, gift)| gift.shown.is_some());
        let plain: Vec<_> = handed_over.map(|(it, gift)| (it.clone(), gift.clone())).collect();
        plain.into_iter().fold(self, |all, (it, gift)| all.with(it, &gift.by_link(None)))
    }

    /// What somebody gave whose gifts are taken back, and nobody else did.
    #[must_use]
    pub fn gone(&self, is_taken: &dyn Fn(&Gift) -> bool) -> Vec<&Given> {
        let stays = |what: &Given| self.0.iter().any(|(it, gift)| it == what && !is_taken(gift));
        let taken = self.0.iter().filter(|(it, gift)| is_taken(gift) && !stays(it));
        taken.map(|(it, _)| it).collect()
    }

    /// The same, and all of these roles as well, whether they were held before or not.
    #[must_use]
    pub fn with_more_roles(self, more: &[String], gift: &Gift) -> Self {
        more.iter().fold(self, |it, role| it.with(Given::Role(role.clone()), gift))
    }

    /// The same, when roles follow on those that were held: what is new among them is given so, and what
    /// is not among them any more was given by nobody.
    #[must_use]
    pub fn with_roles(self, held: &[String], roles: &[String], gift: &Gift) -> Self {
        let is_over = |it: &Given| matches!(it, Given::Role(role) if !roles.contains(role));
        let new: Vec<_> = roles.iter().filter(|it| !held.contains(it)).cloned().collect();
        self.forgetting(is_over).with_more_roles(&new, gift)
    }

    /// Of these roles, those that are left when gifts are taken back.
    #[must_use]
    pub fn roles_left(&self, roles: Vec<String>, is_taken: &dyn Fn(&Gift) -> bool) -> Vec<String> {
        let gone = self.gone(is_taken);
        let is_gone = |role: &String| gone.contains(&&Given::Role(role.clone()));
        roles.into_iter().filter(|it| !is_gone(it)).collect()
    }

    /// The authorities that somebody gave whose gifts are not taken back.
    pub fn authorities_left(
        &self,
        is_taken: &dyn Fn(&Gift) -> bool,
    ) -> impl Iterator<Item = Authority> {
        self.left(is_taken).filter_map(|it| match it {
            Given::Authority(authority) => Some(*authority),
            _ => None,
        })
    }

    /// What somebody gave whose gifts are not taken back.
    pub fn left(&self, is_taken: &dyn Fn(&Gift) -> bool) -> impl Iterator<Item = &Given> {
        self.0.iter().filter(move |(_, gift)| !is_taken(gift)).map(|(it, _)| it)
    }
}

impl FromIterator<(Given, Gift)> for Gifts {
    fn from_iter<I: IntoIterator<Item = (Given, Gift)>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
