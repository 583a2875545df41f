### Der Einladungsbrief. $inviter, $place, $name und $until werden eingesetzt, wie sie sind.

# Die Schreibrichtung: ltr oder rtl.
dir = ltr

subject = { $inviter } lädt Sie ein: { $place }
subject-alone = Sie sind eingeladen: { $place }
preview = Offen bis { $until }.

greeting = Guten Tag { $name },
greeting-alone = Guten Tag,

roles = Als
until = Bis

message = { $inviter } schreibt:
message-alone = Eine Nachricht für Sie:

button = Einladung öffnen
link-below = Falls die Schaltfläche nicht funktioniert, öffnen Sie diesen Link im Browser:
link-here = Über diesen Link nehmen Sie an oder lehnen ab:

not-you = Nicht für Sie? Ignorieren Sie diese E-Mail, dann geschieht nichts.
keep-it = Der Link ist nur für Sie bestimmt: Bitte geben Sie ihn nicht weiter.

date = { $day }. { $month } { $year }, { $time } UTC
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
