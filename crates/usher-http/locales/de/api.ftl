# Was die Schnittstellen zu Menschen sagen.

# Warum eine Anfrage nicht ausgeführt wurde
fault-broken = Der Server konnte das nicht tun. Versuchen Sie es gleich noch einmal.
fault-undecided = Vielleicht ist es geschehen. Sehen Sie nach, oder senden Sie dieselbe Anfrage noch einmal: Wer schon eingeladen ist, wird nicht zweimal eingeladen.
fault-busy = Andere ändern gerade dieselben Daten. Versuchen Sie es noch einmal.
fault-crowded = Zu viele Passwörter warten darauf, geprüft zu werden. Versuchen Sie es gleich noch einmal.
fault-searches = Es wird zu viel auf einmal gesucht. Versuchen Sie es gleich noch einmal.
fault-completed = Die Aufgabe ist abgeschlossen und bleibt, wie sie ist.
fault-forbidden = Der Schlüssel erlaubt das nicht.
fault-identity = Diese Identität gibt es nicht.
fault-method = Der Pfad stimmt, die Methode nicht: siehe die Kopfzeile Allow.
fault-nowhere = Unter diesem Pfad gibt es nichts.
fault-person = Dafür braucht es den Schlüssel einer Person; dieser gehört einer Maschine.
fault-task = Diese Aufgabe gibt es nicht.
fault-too-large = Die Anfrage ist zu groß.
fault-unnamed = Wer alle einladen will, die noch nicht eingeladen sind, braucht einen Schlüssel, der Benutzer lesen darf. Nennen Sie sie mit `ids`.

# Wie eine Aufgabe lief
task-ended = Wer die Aufgabe beendet hat, hat das so angegeben.
task-full = Die Aufgabe ist mit { $rows } Zeilen voll. Falls alle gemeint waren, die noch nicht eingeladen sind, kann es mehr davon geben: Stellen Sie sie noch einmal.
task-more = { $count } weitere Zeilen sind fehlgeschlagen. Alle stehen in { $where }
task-unfinished = { $done } von { $rows } Zeilen wurden ausgeführt. Die übrigen werden es nicht mehr.

# Warum jemand nicht eingeladen wurde
why-already_invited = Eine Einladung wartet bereits.
why-already_member = Schon dabei.
why-authority = Eine Befugnis weitergeben kann nur, wer sie hat.
why-disabled = Das Konto ist gesperrt.
why-no_mailbox = Es gibt keine Adresse, an die die Einladung gehen könnte.
why-shared_mailbox = Unter derselben Adresse wartet eine Einladung für jemand anderen.
why-unknown_inviter = Wer einlädt, ist nicht bekannt.
why-unknown_organization = Diese Organisation gibt es nicht.
why-unknown_user = Diese Identität gibt es nicht.
