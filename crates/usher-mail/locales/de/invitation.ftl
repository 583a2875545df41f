### Der Einladungsbrief. $inviter, $place, $name und $until werden eingesetzt, wie sie sind.

subject = { $inviter } lädt Sie ein: { $place }
subject-alone = Sie sind eingeladen: { $place }
preview = Offen bis { $until }.

until = Bis

message = { $inviter } schreibt:
message-alone = Eine Nachricht für Sie:

button = Einladung öffnen
link-here = Über diesen Link nehmen Sie an oder lehnen ab:

not-you = Nicht für Sie? Ignorieren Sie diese E-Mail, dann geschieht nichts.
keep-it = Der Link ist nur für Sie bestimmt: Bitte geben Sie ihn nicht weiter.
