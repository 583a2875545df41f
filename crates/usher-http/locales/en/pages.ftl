# What the pages say. A new language is a folder beside this one with the same messages.
language = English
code = en
direction = ltr

moment = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }, { $time } UTC
title-with-error = Error: { $title }
show = Show
show-field = Show: { $field }

# Accept
accept-heading = { $who } invites you to { $place }
accept-heading-nobody = You are invited to { $place }
accept-newcomer = Choose a name and a password, and you are in.
accept-signed-out = You have an account already: sign in to accept.
accept-signed-in = You are signed in as { $name }.
accept-someone-else = You are signed in as { $name }, but this invitation is for { $mailbox }. Sign out to accept it as that person, or ask { $who } to invite the address you use.
accept-recover = There is an account with your address, but nobody has shown yet that it is theirs. This link shows that it is yours: choose a name and a password. Whoever used it before is then signed out, and its old password, keys and pins end.
accept-recover-places = The account belongs to these organizations. If you do not know one of them, tell whoever invited you.
accept-recover-authority = It may act as { $authority } until now. That ends as well.
accept-have-account = I have an account here already
accept-for = For
accept-as = As
accept-until = Until
accept-name = Your name
accept-password = Password
accept-password-hint = { $min } characters or more; a sentence is fine
accept-yes = Accept and join
accept-no = Decline
accept-sign-in = Sign in to accept
accept-sign-out = Sign out and go on
accept-not-you = Not for you? Close this page, and nothing happens.

declined-now-title = You declined
declined-now-text = You do not join { $place }. If that was a mistake, ask { $who } for a new invitation.

# Links that open nothing any more
expired-title = This invitation has expired
expired-text = It was open until { $until }. Ask { $who } for a new one.
accepted-title = This invitation was accepted already
accepted-text = If it was you, sign in. If it was not, tell { $who }.
declined-title = This invitation was declined
declined-text = If you have changed your mind, ask { $who } for a new one.
revoked-title = This invitation was taken back
revoked-text = It can no longer be accepted. If you think that is a mistake, ask { $who }.
superseded-title = There is a newer mail
superseded-text = A newer link has replaced this one. Open the newest mail that invites you to { $place }.
link-void-title = This link is not good any more
link-void-text = The invitation may still be open: use the link in the mail that invites you to { $place }, or ask { $who } to have it mailed to you.
readdressed-title = This invitation was sent to another address
readdressed-text = The account that it is for has another address now. Ask { $who } for a new invitation.
mail-first-title = This link does not open your account
mail-first-text = You are known here already, and this link was not mailed to you. Sign in to accept, or ask { $who } to have the invitation mailed to your address, and open the link in that mail.
unknown-title = This link opens nothing
unknown-text = Mail programs sometimes cut links short. Copy the whole link from the mail, or ask whoever invited you for a new one.
inactive-title = Nobody gets in at the moment
inactive-text = { $place } is closed for now. Ask { $who } when it opens again; your invitation is still good.
domain-title = Your address does not belong there
domain-text = { $place } takes addresses of certain domains only, and yours is none of them. Ask { $who } to invite another address of yours.
disabled-title = Your account is disabled
disabled-text = You cannot accept this invitation for now. Ask { $who } to have your account enabled again.

# What to correct
form-expired = This form has expired. Open the link again, or send the form below once more.
name-empty = Enter your name.
name-too-long = Shorten your name to { $max } characters.
name-control = Enter your name on one line, in letters that can be seen.
name-link = Enter your name without a link in it.
password-too-short = This password is too short. Use { $min } characters or more.
password-too-long = This password is too long. Use { $max } characters or fewer.
password-common = This password is on the list of the most common ones. Choose another.
password-pattern = This password repeats a pattern or follows the keyboard. Choose another.
password-personal = This password is made of your name or address. Choose another.

# Sign in
sign-in-title = Sign in
sign-in-to-accept = Then you can accept your invitation.
sign-in-name = Mail address or username
sign-in-password = Password
sign-in-yes = Sign in
sign-in-wrong = That name and that password do not belong together. Check both, and try again.
pin-title = Sign in to { $place }
pin-organization = Organization, by its code
pin-pin = Pin
pin-wrong = That name and that pin do not belong together here. Check both, and try again.
sign-in-crowded = Too many people are signing in right now. Nothing was wrong, and this try does not count. Try again in a moment.
sign-in-wait = That was wrong too often. Try again { $when }.
when-seconds = in { $n ->
    [one] one second
   *[other] { $n } seconds
}
when-minutes = in { $n ->
    [one] one minute
   *[other] { $n } minutes
}
when-hours = in { $n ->
    [one] one hour
   *[other] { $n } hours
}

sign-in-forgot = Forgotten the password?

# Another password
forgot-title = Forgotten the password?
forgot-lead = You get a mail with a link by which you choose another one.
forgot-mailbox = Mail address
forgot-yes = Send me a link
forgot-sent-title = Look into your mail
forgot-sent-text = If there is an account with this address, a mail with a link is on its way to it. The link is good for an hour. If no mail comes, check the address, and ask again later.
reset-title = Choose a new password
reset-lead = Wherever you are signed in at the moment, you are signed out then.
reset-yes = Set the password
reset-void-text = It was used already, is older than an hour, or there is a newer one. Ask for another link.
void-title = This link is not good any more
password-title = Password
password-old = Password until now
password-new = New password
password-lead = Wherever else you are signed in, you are signed out then, and keys of yours for the APIs end.
password-yes = Change the password
password-wrong = This is not your password. Check it, and try again.

# Prove the mailbox
confirm-title = Confirm your mail address
confirm-lead = You are signed in as { $name }. Confirm that { $mailbox } is your address.
confirm-yes = Confirm
confirm-void-text = It was used already, is older than a day, or there is a newer one. Ask for another link on your own page.
confirm-someone-else = You are signed in as { $name }, and this link is for another account. Sign out, and sign in as the person whom it is for. If you have never opened that account, do not confirm it.

# Who is signed in
me-unproven = not confirmed yet
me-confirm = Send me a link to confirm the address
me-confirm-sent = A mail with a link is on its way to you. The link is good for a day.
me-confirm-later = No mail was sent, because there were enough for now. Try again { $when }.
me-confirm-nowhere = No mail was sent, because none is sent from here. Ask whoever runs this site.
sessions-title = Where you are signed in
sessions-this = this browser
sessions-browser = { $browser } on { $system }
sessions-system = A browser on { $system }
sessions-unknown = An unknown browser or program
sessions-since = since { $moment }
sessions-pin = with a pin, for { $place } alone
sessions-end = Sign out there
sessions-end-others = Sign out everywhere else
me-title = You are in
me-bound = You signed in with a pin, and so to { $place } alone.
me-name = Name
me-mailbox = Mail address
me-roles = Roles
me-authority = May act as
me-organizations = Organizations
me-nowhere = You do not belong to an organization.
sign-out = Sign out

authority-ORG_ADMIN = Administrator
authority-HELPDESK = Help desk
authority-INVITER = Inviter
authority-READER = Reader

# Problems
problem-title = That did not work
problem-text = Go back, and try it another way.
problem-400-title = The address or the form could not be read
problem-400-text = A part of it is missing or wrong. Open the page again.
problem-400-mail-text = A part of it is missing or wrong. Copy the whole link from the mail, or open the page again.
problem-403-title = This form came from somewhere else
problem-403-text = For your safety it was not taken. Open the page again, and send its form.
problem-403-mail-text = For your safety it was not taken. Open the link from your mail again.
problem-404-title = There is no such page
problem-404-text = Check the address. If a link in a mail led you here, copy the whole of it.
problem-405-title = This page takes a form
problem-405-text = It cannot be opened like this. Go to the page to sign in.
problem-405-mail-text = It cannot be opened like this. Open the link from your mail again, or go to the page to sign in.
problem-413-title = That is too much
problem-413-text = Go back, and send less.
problem-415-title = The form could not be read
problem-415-text = It was not sent as a form. Open the page again, and send its form.
problem-422-title = The form is not complete
problem-422-text = Something that belongs to it is missing or wrong. Open the page again, and send its form.
problem-429-title = Too many attempts
problem-429-text = Wait { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
}. Then go back, and try again.
problem-500-title = Something broke here
problem-500-text = It is not your fault. Try again; if it stays like this, tell those who invited you.
problem-503-title = Not available for a moment
problem-503-text = Nothing is lost. Try again in a moment.
problem-busy-title = Others are changing the same data
problem-busy-text = Nothing was changed. Go back, and try again.
problem-undecided-title = It is not known whether that was done
problem-undecided-text = The answer got lost on its way. Open the page, or the link from your mail, again in a moment: it shows how things are now.
problem-programs-title = This address is for programs
problem-programs-text = It is no page to open. Open the link from your mail, or go to the page to sign in.
problem-crowded-title = Too many people are signing in right now
problem-crowded-text = Nothing was changed. Go back, and try again in a moment.
