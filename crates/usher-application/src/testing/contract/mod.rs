//! What every store must do, whatever it is made of: the executable half of the ports' docs.
//!
//! An adapter runs it with one line, `usher_application::store_contract!(fresh);`, where `fresh`
//! is an `async fn` that makes an empty store and whatever has to live as long.

pub mod attempts;
pub mod audit;
pub mod combined_filters;
pub mod conflicts;
pub mod counts;
pub mod credentials;
pub mod directory;
pub mod invitations;
pub mod keys;
pub mod ledger;
pub mod organizations;
pub mod outbox;
pub mod pins;
pub mod profiles;
pub mod purges;
pub mod removals;
pub mod roles;
pub mod seats;
pub mod sessions;
pub mod tasks;
pub mod tenants;
pub mod user_filters;
pub mod users;

use chrono::TimeDelta;
use usher_domain::{
    Action, Actor, Authority, Credential, CredentialId, Entry, EntryId, Gift, Gifts, Given,
    Invitation, InvitationId, Invite, Invitee, Job, JobId, JobKind, Locale, Mailbox, Membership,
    MembershipId, OrganizationId, Pin, Profile, ProfileId, Row, Session, SessionId, Shown, Slice,
    Subject, Task, TaskId, TaskKind, Tenant, TenantId, Timestamp, User, UserId, UserRef,
};
use uuid::Uuid;

use crate::{
    ports::ledger::{Changes, CommitError, Conflict, Ledger},
    testing::{TENANT, caller, membership, noon, user_id},
};

/// Makes one `#[tokio::test]` of each case, each with a store of its own.
#[macro_export]
macro_rules! store_contract {
    ($fresh:ident) => {
        $crate::store_contract! { $fresh;
            attempts {
                attempts_count_one_after_the_other_and_then_wait,
                of_many_attempts_at_once_those_wait_that_come_after_the_free_ones,
                of_several_counters_all_count_or_none,
                a_right_attempt_is_taken_back,
                where_others_have_counted_on_one_attempt_alone_is_taken_back,
                what_is_forgiven_is_purged_and_nothing_else,
                a_flood_of_names_forgets_those_that_would_be_forgiven_soonest,
                a_tenant_never_counts_for_another,
            }
            audit {
                entries_come_newest_first_page_by_page,
                every_action_and_subject_round_trips,
                entries_are_found_by_their_action_and_by_their_user,
                a_tenant_never_sees_anothers_entries,
            }
            combined_filters {
                together_filters_find_what_they_find_alone,
            }
            conflicts {
                the_same_mailbox_may_be_pending_in_two_tenants_and_two_organizations,
                what_is_over_does_not_bar_a_new_one,
                a_lapsed_invitation_makes_room_in_the_same_commit,
                what_a_user_gives_up_another_may_take_in_the_same_commit,
                a_stale_version_loses,
                of_two_changes_at_once_one_loses,
                of_two_who_run_a_slice_one_loses_all_of_it,
                the_same_thing_twice_in_a_commit_loses,
                what_exists_already_loses,
                a_taken_mailbox_username_code_or_name_loses,
                a_change_to_what_is_taken_loses_and_only_that,
                ids_of_two_tenants_do_not_meet,
            }
            counts {
                what_is_spent_adds_up_until_the_window_ends,
                what_is_too_much_is_not_written_and_neither_is_anything_with_it,
                what_has_no_bound_is_not_stored,
                of_many_who_spend_at_once_as_many_do_as_there_may_be,
                whoever_meets_a_conflict_spends_nothing,
                who_spends_too_much_takes_nobody_along,
                many_are_counted_in_one_commit,
                what_is_over_is_purged_and_nothing_else,
                a_tenant_never_counts_for_another,
            }
            credentials {
                every_field_round_trips,
                a_revoked_credential_is_seen_at_once,
                a_credential_that_is_looked_up_while_it_is_revoked_is_not_remembered_as_good,
                the_keys_of_many_people_are_told_at_once,
                a_list_is_oldest_first_and_of_one_tenant,
            }
            directory {
                answers_are_in_the_order_of_the_questions,
                usernames_and_mailboxes_are_compared_without_case,
                a_personal_mailbox_names_nobody,
                members_are_told_by_organization,
                what_is_pending_is_told_by_place,
                what_is_over_does_not_hold_a_place,
                a_profile_comes_with_its_user,
                a_profile_may_name_the_personal_address,
                a_tenant_never_sees_another,
                a_batch_of_10_000_is_resolved,
            }
            invitations {
                every_field_round_trips,
                a_tenant_never_sees_anothers_invitations,
                what_is_proven_is_found_in_order,
                a_list_is_newest_first,
                pages_join_without_gap_or_overlap,
                pages_are_stable_under_writes,
                microseconds_count,
                texts_are_compared_without_case,
                mailboxes_are_compared_folded,
                patterns_take_nothing_for_a_wildcard,
                ids_are_compared_as_digits,
                labels_are_tested_by_any_name,
                times_and_lifetimes_are_tested_from_and_before,
                states_are_told_with_the_clock,
                flags_and_organizations_are_tested,
                roles_inviters_and_creators_are_tested_as_they_are,
                invitees_are_tested,
                filters_combine,
                what_has_no_value_passes_no_test,
                deliveries_come_oldest_first_and_of_one_tenant,
                a_letter_about_a_membership_is_none_of_an_invitations,
            }
            keys {
                the_same_id_in_two_tenants_is_two_things,
                a_change_is_of_its_own_tenant_alone,
                a_job_is_settled_in_its_own_tenant_alone,
                what_is_removed_or_forgotten_is_of_its_own_tenant_alone,
                what_is_purged_is_of_its_own_tenant_alone,
            }
            ledger {
                a_commit_writes_everything,
                nothing_is_a_commit_too,
                a_commit_is_all_or_nothing,
                batches_of_1_000_and_of_10_000_are_committed,
                many_commits_at_once_all_arrive,
                concurrent_commits_have_one_winner,
                a_loser_takes_nobody_with_it,
                one_loses_only_to_what_was_written,
                what_cannot_be_kept_harms_nobody_else,
                a_commit_that_is_dropped_is_whole_or_absent,
                memberships_of_the_same_users_added_at_once_all_arrive,
            }
            organizations {
                every_field_round_trips,
                answers_are_in_the_order_of_the_ids,
                a_name_is_an_id_first_then_a_code_then_a_name_then_a_code_in_another_case,
                a_list_is_in_the_order_of_ids,
                memberships_come_by_user_and_organization,
                seats_are_told_in_the_order_asked,
                many_seats_are_told,
                holders_are_found_by_the_digests_of_their_pins,
                many_holders_are_found,
                what_is_proven_is_found_in_order,
                members_are_told_by_user,
                memberships_are_told_by_who_gave_anything_of_them,
                who_may_join_by_an_address_is_told,
                what_is_removed_goes_with_all_who_are_in_it,
                what_was_changed_or_is_gone_is_not_removed,
                nothing_hangs_on_what_is_gone,
                a_tenant_never_sees_anothers_organizations,
            }
            outbox {
                every_kind_of_job_round_trips,
                the_longest_due_are_claimed_first,
                tenants_take_turns,
                who_has_little_does_not_wait_for_who_has_much,
                of_many_tenants_those_who_waited_longest_come_first,
                lanes_do_not_meet,
                a_claimed_job_is_hidden_until_its_lease_ends,
                a_job_is_due_to_the_microsecond,
                claims_do_not_overlap,
                settled_jobs_never_come_back,
                a_late_verdict_is_ignored_but_its_delivery_is_kept,
                dead_jobs_are_never_due,
                tenants_with_dead_jobs_alone_hold_up_nobody,
                settling_twice_changes_nothing,
                many_jobs_are_settled_at_once,
                the_next_due_time_is_told,
                a_commit_with_jobs_is_news,
                a_commit_without_jobs_is_no_news,
                each_lane_has_its_own_news,
            }
            pins {
                a_taken_pin_loses_by_its_membership,
                a_pin_may_be_held_in_two_organizations_and_two_tenants,
                a_pin_that_is_given_up_may_be_taken_in_the_same_commit,
                of_two_who_take_a_pin_at_once_one_wins,
            }
            profiles {
                every_field_round_trips,
                a_change_is_seen_at_once,
                answers_are_in_the_order_of_the_ids,
                a_list_is_in_the_order_of_ids,
                those_that_repeat_are_told_for_every_tenant,
                a_tenant_never_sees_anothers_profiles,
            }
            purges {
                sessions_go_by_when_they_ended,
                invitations_go_by_when_they_were_over,
                what_is_purged_cannot_be_changed_any_more,
                deliveries_go_with_their_invitation_and_by_their_age,
                dead_jobs_go_and_no_others,
                entries_go_by_their_age,
                a_slice_takes_the_oldest_ones_and_no_more_than_it_may,
                many_may_purge_at_once_while_others_write,
            }
            removals {
                what_is_forgotten_goes_with_its_slices_and_nothing_else_does,
                what_is_added_to_a_forgotten_task_loses,
                what_is_removed_goes_and_nothing_else_does,
                what_was_changed_or_is_gone_is_not_removed,
                what_came_in_the_place_of_what_was_removed_is_not_taken_for_it,
                what_is_removed_may_come_anew_in_the_same_commit,
                of_two_who_remove_the_same_one_wins,
                who_removes_what_is_gone_takes_nobody_along,
            }
            roles {
                every_field_round_trips,
                answers_are_in_the_order_of_the_ids,
                a_list_is_in_the_order_of_ids,
                a_tenant_never_sees_anothers_roles,
                a_name_is_one_roles_in_its_place,
                what_is_removed_goes_and_nothing_else_does,
                who_bears_a_role_is_told,
                those_of_an_organization_go_with_it,
            }
            seats {
                as_many_come_as_there_are_seats,
                members_and_live_invitations_take_seats,
                a_commit_for_which_there_are_not_enough_seats_is_lost_whole,
                what_goes_makes_room_in_the_same_commit,
                seats_are_those_of_the_commit_and_of_the_tenant,
                who_wants_no_seat_does_not_wait_for_who_does,
            }
            sessions {
                every_field_round_trips,
                a_closed_session_is_seen_at_once,
                those_that_last_are_listed_newest_first,
            }
            tasks {
                no_more_wait_or_run_than_there_may_be,
                every_field_round_trips,
                every_row_and_outcome_round_trips,
                slices_of_many_long_rows_are_kept,
                a_list_is_in_the_order_of_age_either_way,
                each_test_is_of_its_own_field,
                what_a_task_lacks_is_an_answer_too,
                slices_come_in_order_from_any_number,
                problems_come_in_the_order_of_the_rows,
                what_is_old_is_told_for_every_tenant,
                what_was_never_submitted_is_told_for_every_tenant,
                a_tenant_never_sees_anothers_tasks,
            }
            tenants {
                every_field_round_trips,
                a_new_tenant_is_found_at_once,
                a_change_is_seen_at_once_by_id_and_by_name,
                one_that_is_looked_up_while_it_changes_is_not_remembered_as_it_was,
                a_name_that_no_database_could_keep_is_nobodys,
            }
            user_filters {
                texts_are_compared_as_each_field_has_it,
                a_prefix_takes_nothing_for_a_wildcard,
                where_they_stand_is_told_with_the_clock,
                an_invitation_is_theirs_by_id_or_by_mailbox,
                who_has_the_address_of_their_profile_is_reachable,
                members_are_found_by_organization,
                users_are_found_by_their_home,
                who_is_within_an_organization_is_told,
                whoever_belongs_to_one_with_many_people_is_found,
                each_test_is_of_its_own_field,
                who_has_a_role_is_found,
                who_was_given_anything_by_somebody_is_found,
                what_has_no_value_passes_no_test,
            }
            users {
                whom_a_letter_was_written_to_is_told_for_every_tenant,
                every_field_round_trips,
                answers_are_in_the_order_of_the_questions,
                a_change_is_seen_at_once,
                a_list_is_in_the_order_of_ids,
                a_tenant_never_sees_anothers_users,
                any_text_is_kept,
                a_name_that_no_database_could_keep_is_nobodys,
                a_search_is_in_the_order_of_ids_page_by_page,
                a_search_by_id_reads_each_once_while_those_before_it_go,
                a_search_by_id_tells_live_invitations_from_expired_ones,
                who_is_read_without_documents_is_whole_but_for_them,
                users_are_sorted_by_name_and_username,
                users_are_sorted_by_first_name,
                users_are_sorted_by_where_they_stand,
                a_search_never_leaves_the_tenant,
            }
        }
    };
    ($fresh:ident; $($module:ident { $($case:ident),+ $(,)? })+) => {$(
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    let (store, _guard) = super::$fresh().await;
                    $crate::testing::contract::$module::$case(store).await;
                }
            )+
        }
    )+};
}

/// A tenant that must never be seen from [`TENANT`].
const OTHER: TenantId = TenantId(Uuid::from_u128(0x07e4));

/// Right-to-left, an emoji of several code points, a decomposed accent, and quotes of all kinds.
const ANY_TEXT: &str = "שלום 👩‍👩‍👧 Zoe\u{308} — \"'`\\ %_*[] \u{1F600} مرحبا\n日本語";

async fn commit(store: &impl Ledger, changes: Changes) {
    store.commit(&changes).await.unwrap();
}

async fn losses(store: &impl Ledger, changes: &Changes) -> Vec<Conflict> {
    match store.commit(changes).await {
        Err(CommitError::Conflict(mut lost)) => {
            lost.sort();
            lost
        }
        other => panic!("not lost but {other:?}"),
    }
}

fn seconds(n: i64) -> Timestamp {
    noon() + TimeDelta::seconds(n)
}

fn minute() -> TimeDelta {
    TimeDelta::minutes(1)
}

fn id(n: u128) -> InvitationId {
    InvitationId(Uuid::from_u128(n))
}

fn organization_id(text: &str) -> OrganizationId {
    OrganizationId::parse(text).unwrap()
}

fn other_tenant() -> Tenant {
    Tenant {
        id: OTHER,
        name: "other".to_owned(),
        display_name: "Other".to_owned(),
        locale: Locale::default(),
        redirects: Vec::new(),
        created_at: noon(),
        version: 1,
    }
}

fn invited(n: u128) -> Invitation {
    super::invitation(n, &format!("u{n}"))
}

fn invited_to(n: u128, name: &str, organization: &str) -> Invitation {
    let mut it = super::invitation(n, name);
    it.offer.organization = Some(organization_id(organization));
    it
}

/// What somebody gives at a time of which each microsecond counts.
fn gift(by: &Actor) -> Gift {
    Gift::new(by.clone(), "2026-01-02T12:00:00.000003Z".parse().unwrap())
}

/// The same of usher itself, by a link that was shown to somebody.
fn by_link_of(to: &Actor) -> Gift {
    let used_at = "2026-01-02T12:00:00.000004Z".parse().unwrap();
    gift(&Actor::System).by_link(Some(Shown { to: to.clone(), used_at }))
}

/// One of each kind, from one of each kind.
fn all_gifts() -> Gifts {
    let (key, ann) = (Actor::Client(credential(7).id), Actor::User(user_id("añn")));
    Gifts::default()
        .with(Given::Itself, &gift(&key))
        .with(Given::Itself, &gift(&ann))
        .with(Given::Role("\"b\" 😀".to_owned()), &gift(&ann))
        .with(Given::Pin, &gift(&Actor::System))
        .with(Given::Authority(Authority::Helpdesk), &gift(&key))
        .with(Given::PinAllowed, &gift(&key))
        .with(Given::Pin, &by_link_of(&ann))
        .with(Given::PastAuthority(Authority::OrgAdmin), &gift(&ann))
}

fn credential(n: u128) -> Credential {
    Credential {
        id: CredentialId(Uuid::from_u128(n)),
        tenant: TENANT,
        secret_digest: [7; 32],
        authority: Authority::Helpdesk,
        user: None,
        organization: None,
        created_at: noon(),
        made_by: Actor::System,
        revoked_at: None,
        expires_at: None,
        version: 1,
    }
}

fn session(n: u128) -> Session {
    let id = SessionId(Uuid::from_u128(n));
    Session::open(id, TENANT, user_id("ada"), noon(), TimeDelta::hours(8))
}

fn profile_id(text: &str) -> ProfileId {
    ProfileId::parse(text).unwrap()
}

fn profile(id: &str) -> Profile {
    Profile::new(profile_id(id), TENANT, noon())
}

fn task_id(n: u128) -> TaskId {
    TaskId(Uuid::from_u128(n))
}

/// One slice of one row, waiting to be run.
fn task(n: u128) -> Task {
    let draft = Task::draft(task_id(n), caller(), TaskKind::Invite, false, noon());
    Task { submitted: true, rows: 1, slices: 1, ..draft }
}

fn slice(n: u128, number: u32) -> Slice {
    let invite = Invite::new(Invitee::User(UserRef::Id(user_id(&format!("u{n}")))));
    let rows = vec![Row::invite(number + 1, invite)];
    Slice { tenant: TENANT, task: task_id(n), number, rows, outcomes: None, version: 1 }
}

/// The job that runs the first slice of a task.
fn run(n: u128) -> Job {
    Job { kind: JobKind::RunTask { task: task_id(n), slice: 0 }, ..job(n) }
}

fn job_id(n: u128) -> JobId {
    JobId(Uuid::from_u128(n))
}

fn job(n: u128) -> Job {
    Job::new(job_id(n), TENANT, JobKind::MailInvitation { invitation: id(n), letter: 1 }, noon())
}

fn entry(n: u128) -> Entry {
    Entry {
        id: EntryId(Uuid::from_u128(n)),
        tenant: TENANT,
        at: noon(),
        actor: Actor::System,
        action: Action::Invited,
        subject: Subject::Invitation(id(n)),
        detail: None,
        source: None,
        count: 1,
    }
}

/// An invitation, its job and its audit entry, as they are written together.
fn invite(n: u128) -> Changes {
    Changes {
        invitations: vec![invited(n)],
        jobs: vec![job(n)],
        audit: vec![entry(n)],
        ..Changes::default()
    }
}

fn membership_id(n: u128) -> MembershipId {
    MembershipId(Uuid::from_u128(n))
}

/// The same in the other tenant, under the same id.
fn elsewhere(it: &Membership) -> Membership {
    Membership { tenant: OTHER, ..it.clone() }
}

/// A pin that came from outside.
fn pin(n: u8) -> Pin {
    Pin { digest: vec![n; 32], seed: None }
}

/// A member with such a pin.
fn holder(user: &str, organization: &str, n: u8) -> Membership {
    Membership { pin: Some(pin(n)), ..membership(user, organization) }
}

fn memberships(memberships: Vec<Membership>) -> Changes {
    Changes { memberships, ..Changes::default() }
}

fn removed(removed: Vec<Membership>) -> Changes {
    Changes { removed, ..Changes::default() }
}

fn users(users: Vec<User>) -> Changes {
    Changes { users, ..Changes::default() }
}

fn invitations(invitations: Vec<Invitation>) -> Changes {
    Changes { invitations, ..Changes::default() }
}

fn typed(mailbox: Option<&Mailbox>) -> Option<&str> {
    mailbox.map(Mailbox::typed)
}

fn ids_of(users: &[User]) -> Vec<UserId> {
    users.iter().map(|it| it.id.clone()).collect()
}
