### The letters to members. $place is put in as it is.

welcome-subject = You now belong to { $place }
welcome-note = You are a member already: there is nothing to accept.

new-pin-subject = Your new pin for { $place }
new-pin-note = Any pin that you had before is void.

pin = Pin

sign-in = Sign in
sign-in-here = Sign in here:
sign-in-with-pin = Sign in with the pin
sign-in-here-with-pin = Sign in here with your mail address or username and the pin:

not-expected = If you did not expect this, please let { $place } know.
keep-pin = The pin is for you alone: please never pass it on.
