//! Import invitation profiles.

use std::sync::Arc;

use usher_domain::{Action, Caller, Profile, Subject, TaskKind, Timestamp, UserStatus};

use crate::{
    ports::{
        Ports,
        invitations::Filter,
        ledger::{Changes, CommitError},
        users::UserCondition,
    },
    shared::{audit_trail::Trail, commit::write, core::Core},
    tasks::submit::SubmitTask,
    transfer::{
        import::{Checked, ImportError, Imported, allowed},
        records::{BadRecord, ProfileRecord},
    },
};

/// Inserts or updates profiles by id.
pub struct ImportProfiles {
    core: Arc<Core>,
    submit: SubmitTask,
}

impl ImportProfiles {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), submit: SubmitTask::new(core) }
    }

    /// Writes profiles, each in a commit of its own. With a bad one among them nothing is written,
    /// unless `keep_going`. Where one becomes automatic, and not for new users only, a task is
    /// submitted with it for all of its users who are unregistered.
    pub async fn run(
        &self,
        caller: &Caller,
        records: &[ProfileRecord],
        keep_going: bool,
    ) -> Result<Imported, ImportError> {
        allowed(caller)?;
        let Ports { clock, profiles, .. } = &self.core.ports;
        let now = clock.now();
        let ids: Vec<_> = records.iter().map(|it| it.id.clone()).collect();
        let held = profiles.find_many(caller.tenant, &ids).await?;
        let checked = Checked::of(records, |number, record| {
            let held = held[number].as_ref();
            Ok((self.profile(caller, record, held, now)?, held))
        });
        let commit = async |(profile, held): &(Profile, Option<&Profile>)| {
            self.commit(caller, profile, *held, now).await
        };
        Ok(checked.write_each(keep_going, commit).await?)
    }

    fn profile(
        &self,
        caller: &Caller,
        record: &ProfileRecord,
        held: Option<&Profile>,
        now: Timestamp,
    ) -> Result<Profile, BadRecord> {
        let it = record.clone();
        let base = match held {
            Some(held) => Profile { updated_at: now, version: held.version + 1, ..held.clone() },
            None => Profile::new(it.id, caller.tenant, now),
        };
        let (min, max) = self.core.policy.lifetimes;
        if it.lifetime.flatten().is_some_and(|it| !(min..=max).contains(&it)) {
            return Err(BadRecord::Lifetime { min, max });
        }
        let unknown = |it: &String| !self.core.ports.postman.has_template(it);
        if it.template.as_ref().and_then(Option::as_ref).is_some_and(unknown) {
            return Err(BadRecord::UnknownTemplate);
        }
        Ok(Profile {
            address: it.address.unwrap_or(base.address),
            lifetime: it.lifetime.unwrap_or(base.lifetime),
            template: it.template.unwrap_or(base.template),
            locale: it.locale.unwrap_or(base.locale),
            automatic_since: match it.automatic {
                Some(true) => base.automatic_since.or(Some(now)),
                Some(false) => None,
                None => base.automatic_since,
            },
            new_only: it.new_only.unwrap_or(base.new_only),
            repeat: it.repeat.unwrap_or(base.repeat),
            ..base
        })
    }

    /// Writes a profile, together with the task for those whom it invites from now on.
    async fn commit(
        &self,
        caller: &Caller,
        profile: &Profile,
        held: Option<&Profile>,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let Ports { entropy, ledger, .. } = &self.core.ports;
        let trail = Trail::of(caller, now, &**entropy);
        let changes = Changes {
            profiles: vec![profile.clone()],
            audit: vec![trail.note(Action::ProfileChanged, Subject::Profile(profile.id.clone()))],
            ..Changes::default()
        };
        let invites_all = |it: &Profile| it.automatic_since.is_some() && !it.new_only;
        if !invites_all(profile) || held.is_some_and(invites_all) {
            return write(&**ledger, &changes).await;
        }
        let filter = Filter::And(vec![
            Filter::Is(UserCondition::Profile(profile.id.clone())),
            Filter::Is(UserCondition::EffectiveStatus(UserStatus::Unregistered)),
            Filter::Is(UserCondition::Reachable),
        ]);
        self.submit.everybody(caller, TaskKind::Automatic, &filter, changes).await
    }
}

#[cfg(test)]
mod tests;
