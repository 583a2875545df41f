//! What is asked of the APIs, who asks, and what else is measured.

use crate::bench::http::encode;

#[derive(Clone, Copy)]
pub(super) enum Caller {
    /// A key for the tenant.
    Tenant,
    /// The key of a person.
    Person,
    /// The key of an inviter who made few of the invitations.
    Inviter,
    /// A key that is bound to an organization with few of them.
    Organization,
    /// The same, in the header of the API that knows no other keys.
    BoundHeader,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Find {
    /// An index leads to it, however many there are.
    ByIndex,
    /// It looks for what is not there.
    Nothing,
}

pub(super) struct Question {
    pub(super) name: &'static str,
    pub(super) find: Find,
    pub(super) caller: Caller,
    pub(super) path: String,
}

/// What else is measured: writes, commands, and what a worker does.
pub(super) const DEEP: &str = "list, up to 300 000 down by a page token";
pub(super) const AUDIT_ACTION: &str = "`usher audit --action`";
pub(super) const AUDIT_USER: &str = "`usher audit --user`";
pub(super) const WRITES: [&str; 4] = ["create", "look up", "send again", "accept"];
pub(super) const CLAIM: &str = "256 letters claimed, read and settled";

/// All that is asked of a database: the name, and whether an index leads to what there is to find.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Find)> {
    let asked = questions(0).into_iter().map(|it| (it.name, it.find));
    let rest = [DEEP, AUDIT_ACTION, AUDIT_USER].into_iter().chain(WRITES).chain([CLAIM]);
    asked.chain(rest.map(|it| (it, Find::ByIndex)))
}

/// All of them, of so many invitations.
pub(super) fn questions(rows: u32) -> Vec<Question> {
    // A pending one in the middle, as the statements that fill the database make it.
    let middle = rows / 2 + 8;
    let place = middle % 300;
    let list = "/v1/userInvitations";
    let filter = |it: &str| format!("{list}?filter={}", encode(it));
    let invitations = |name, find, caller, path| Question { name, find, caller, path };
    let by_index = |name, path| invitations(name, Find::ByIndex, Caller::Tenant, path);
    let nothing = |name, path| invitations(name, Find::Nothing, Caller::Tenant, path);
    let people = |name, query: &str| {
        let path = format!("/identities?limit=50{query}");
        invitations(name, Find::ByIndex, Caller::Person, path)
    };
    let filtered = |it: &str| format!("&filters={}", encode(it));
    let manage = "/v2/manage/invitations?page=1&pagesize=50";
    vec![
        by_index("list, first page, the newest closed", list.to_owned()),
        by_index("list of all states, first page", manage.to_owned()),
        by_index("get", format!("{list}/{middle:032x}")),
        invitations("an inviter's own list", Find::ByIndex, Caller::Inviter, list.to_owned()),
        invitations("list of a bound key", Find::ByIndex, Caller::Organization, list.to_owned()),
        by_index("an organization, all states", format!("{manage}&orgid=few")),
        by_index("whole address", filter(&format!("invitedEmail:p{middle}@d{place}.example.org"))),
        by_index("beginning of an address", filter(&format!("invitedEmail:p{middle}@*"))),
        by_index("creator", filter("creator:identities/ufew")),
        by_index("created before", filter("createTime<\"2025-01-01T12:00:00Z\"")),
        nothing("end of an address", filter("invitedEmail:*@nowhere.example")),
        nothing("text", filter("zzqx")),
        nothing("inviter", filter("inviter:\"Zzqx Nobody\"")),
        nothing("label", filter("labels.team:nobody")),
        nothing("no letter", filter("disableInvitationEmail:true")),
        people("people, first page", ""),
        people("people, address", &filtered(&format!("email eq \"v{middle}@example.org\""))),
        people(
            "people, beginning of a name",
            &filtered(&format!("name sw \"First{} Last{middle}\"", middle % 1000)),
        ),
        people("people, by status", "&sorters=-cloudStatus"),
        // Some have the status, but no invitation that waits.
        invitations(
            "people who are invited",
            Find::Nothing,
            Caller::Person,
            format!("/identities?limit=50{}", filtered("cloudStatus eq \"PENDING\"")),
        ),
        invitations(
            "members, text",
            Find::Nothing,
            Caller::BoundHeader,
            "/urac/admin/users?limit=20&keywords=zzqx".to_owned(),
        ),
    ]
}
