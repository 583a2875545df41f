# What the APIs say to people.

# Why a request was not carried out
fault-broken = The server could not do it. Try again in a moment.
fault-undecided = It may have been done. Look, or send the same request again: who is invited already is not invited twice.
fault-busy = Others keep changing the same data. Try again.
fault-crowded = Too many passwords wait to be checked. Try again in a moment.
fault-searches = Too many searches are made at once. Try again in a moment.
fault-completed = The task is completed, and stays as it is.
fault-forbidden = The key does not allow this.
fault-identity = There is no such identity.
fault-method = The path is right, the method is not: see the header Allow.
fault-nowhere = Nothing is served at this path.
fault-person = This takes the key of a person, and the one given is a machine's.
fault-task = There is no such task.
fault-too-large = The body is too large.
fault-unnamed = Inviting everybody who is uninvited takes a key that may read users. Name them by `ids`.

# How a task went
task-ended = Whoever ended the task said that it went this way.
task-full = The task is full at { $rows } rows. If it was for all who are not invited yet, there may be more of them: submit it again.
task-more = { $count } more rows failed. All of them are in { $where }
task-unfinished = { $done } of { $rows } rows were run. The rest will not be.

# Why somebody was not invited
why-already_invited = An invitation is waiting already.
why-already_member = Already in.
why-authority = Only those who have an authority can hand it on.
why-disabled = The account is disabled.
why-no_mailbox = There is no address to send the invitation to.
why-shared_mailbox = An invitation for somebody else waits at the same address.
why-unknown_inviter = The inviter is not a known user.
why-unknown_organization = There is no such organization.
why-unknown_user = There is no such identity.
