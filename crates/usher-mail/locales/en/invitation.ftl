### The invitation letter. $inviter, $place, $name and $until are put in as they are.

# The direction of the script: ltr or rtl.
dir = ltr

subject = { $inviter } invites you to { $place }
subject-alone = You are invited to { $place }
preview = Open until { $until }.

greeting = Hello { $name },
greeting-alone = Hello,

roles = As
until = Until

message = { $inviter } writes:
message-alone = A message for you:

button = Open the invitation
link-below = If the button does not work, open this link in your browser:
link-here = Open this link to accept or to decline:

not-you = Not you? Ignore this mail, and nothing happens.
keep-it = The link is for you alone: please do not pass it on.

date = { $day } { $month } { $year }, { $time } UTC
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
