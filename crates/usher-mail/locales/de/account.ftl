### Die Briefe an Benutzer über ihre Konten. $place wird eingesetzt, wie es ist.

confirmation-subject = Bestätigen Sie Ihre Adresse: { $place }
confirmation-note = Öffnen Sie den Link, um zu bestätigen, dass diese Adresse Ihnen gehört.
confirmation-button = Adresse bestätigen
confirmation-link-here = Über diesen Link bestätigen Sie die Adresse:
confirmation-not-you = Haben Sie das nicht verlangt? Ignorieren Sie diese E-Mail, dann geschieht nichts.

reset-subject = Ein neues Passwort: { $place }
reset-note = Öffnen Sie den Link, um ein neues Passwort zu wählen. Bis dahin bleibt das alte, wie es ist.
reset-button = Neues Passwort wählen
reset-link-here = Über diesen Link wählen Sie ein neues Passwort:
reset-not-you = Haben Sie das nicht verlangt? Ignorieren Sie diese E-Mail, dann geschieht nichts.

changed-subject = Ihr Passwort wurde geändert: { $place }
changed-note = Wo Sie mit dem alten Passwort angemeldet waren, sind Sie jetzt abgemeldet.
changed-button = Das war ich nicht
changed-link-here = Wenn Sie das nicht waren, wählen Sie hier ein neues Passwort:
changed-was-you = Wenn Sie es waren, gibt es nichts zu tun.

keep-link = Der Link ist nur für Sie bestimmt: Bitte geben Sie ihn nicht weiter.
