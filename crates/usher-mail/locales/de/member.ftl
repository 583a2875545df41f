### Die Briefe an Mitglieder. $place wird eingesetzt, wie es ist.

welcome-subject = Sie gehören jetzt dazu: { $place }
welcome-note = Sie sind bereits Mitglied und müssen nichts annehmen.

new-pin-subject = Ihre neue PIN für { $place }
new-pin-note = Eine frühere PIN gilt nicht mehr.

pin = PIN

sign-in = Anmelden
sign-in-here = Hier melden Sie sich an:
sign-in-with-pin = Mit der PIN anmelden
sign-in-here-with-pin = Hier melden Sie sich mit Mailadresse oder Benutzername und der PIN an:

not-expected = Haben Sie das nicht erwartet? Bitte geben Sie { $place } Bescheid.
keep-pin = Die PIN ist nur für Sie bestimmt: Bitte geben Sie sie nie weiter.
