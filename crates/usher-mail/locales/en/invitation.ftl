### The invitation letter. $inviter, $place, $name and $until are put in as they are.

subject = { $inviter } invites you to { $place }
subject-alone = You are invited to { $place }
preview = Open until { $until }.

until = Until

message = { $inviter } writes:
message-alone = A message for you:

button = Open the invitation
link-here = Open this link to accept or to decline:

not-you = Not you? Ignore this mail, and nothing happens.
keep-it = The link is for you alone: please do not pass it on.
