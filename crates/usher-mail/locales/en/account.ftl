### The letters to users about their accounts. $place is put in as it is.

confirmation-subject = Confirm your address for { $place }
confirmation-note = Open the link to confirm that this address is yours.
confirmation-button = Confirm the address
confirmation-link-here = Open this link to confirm the address:
confirmation-not-you = You did not ask for this? Ignore this mail, and nothing happens.

reset-subject = A new password for { $place }
reset-note = Open the link to choose a new password. Until then the old one stays as it is.
reset-button = Choose a new password
reset-link-here = Open this link to choose a new password:
reset-not-you = You did not ask for this? Ignore this mail, and nothing happens.

changed-subject = Your password for { $place } was changed
changed-note = Wherever you were signed in with the old password, you are signed out.
changed-button = That was not me
changed-link-here = If that was not you, choose a new password here:
changed-was-you = If it was you, there is nothing to do.

keep-link = The link is for you alone: please do not pass it on.
