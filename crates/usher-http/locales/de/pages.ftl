# Was auf den Seiten steht.
language = Deutsch
code = de
direction = ltr

moment = { $day }. { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
} { $year }, { $time } UTC
title-with-error = Fehler: { $title }
show = Anzeigen
show-field = Anzeigen: { $field }

# Annehmen
accept-heading = { $who } lädt Sie ein: { $place }
accept-heading-nobody = Sie sind eingeladen: { $place }
accept-newcomer = Wählen Sie einen Namen und ein Passwort, und Sie sind dabei.
accept-signed-out = Sie haben bereits ein Konto: Melden Sie sich an, um anzunehmen.
accept-signed-in = Sie sind angemeldet als { $name }.
accept-someone-else = Sie sind angemeldet als { $name }, aber diese Einladung ist für { $mailbox }. Melden Sie sich ab, um sie als diese Person anzunehmen, oder bitten Sie { $who }, die Adresse einzuladen, die Sie benutzen.
accept-recover = Zu Ihrer Adresse gibt es ein Konto, aber noch hat niemand gezeigt, dass es ihm gehört. Dieser Link zeigt, dass es Ihres ist: Wählen Sie einen Namen und ein Passwort. Wer es bisher benutzt hat, wird dann abgemeldet, und sein altes Passwort, seine Schlüssel und Pins gelten nicht mehr.
accept-recover-places = Das Konto gehört zu diesen Organisationen. Wenn Sie eine davon nicht kennen, sagen Sie es dem, der Sie eingeladen hat.
accept-recover-authority = Es darf bisher als { $authority } handeln. Auch das endet.
accept-have-account = Ich habe hier schon ein Konto
accept-for = Für
accept-as = Als
accept-until = Bis
accept-name = Ihr Name
accept-password = Passwort
accept-password-hint = Mindestens { $min } Zeichen; ein Satz ist gut
accept-yes = Annehmen und beitreten
accept-no = Ablehnen
accept-sign-in = Anmelden und annehmen
accept-sign-out = Abmelden und fortfahren
accept-not-you = Nicht für Sie? Schließen Sie diese Seite, und nichts geschieht.

declined-now-title = Sie haben abgelehnt
declined-now-text = Sie treten nicht bei: { $place }. Falls das ein Versehen war, bitten Sie { $who } um eine neue Einladung.

# Links, die nichts mehr öffnen
expired-title = Diese Einladung ist abgelaufen
expired-text = Sie galt bis { $until }. Bitten Sie { $who } um eine neue.
accepted-title = Diese Einladung wurde schon angenommen
accepted-text = Wenn Sie das waren, melden Sie sich an. Wenn nicht, sagen Sie es { $who }.
declined-title = Diese Einladung wurde abgelehnt
declined-text = Wenn Sie es sich anders überlegt haben, bitten Sie { $who } um eine neue.
revoked-title = Diese Einladung wurde zurückgezogen
revoked-text = Sie kann nicht mehr angenommen werden. Wenn Sie das für ein Versehen halten, fragen Sie { $who }.
superseded-title = Es gibt eine neuere Mail
superseded-text = Ein neuerer Link hat diesen ersetzt. Öffnen Sie die neueste Mail mit der Einladung: { $place }.
link-void-title = Dieser Link gilt nicht mehr
link-void-text = Die Einladung kann noch offen sein: Nehmen Sie den Link in der Mail mit der Einladung ({ $place }), oder bitten Sie { $who }, sie Ihnen senden zu lassen.
readdressed-title = Diese Einladung ging an eine andere Adresse
readdressed-text = Das Konto, für das sie ist, hat jetzt eine andere Adresse. Bitten Sie { $who } um eine neue Einladung.
mail-first-title = Dieser Link öffnet Ihr Konto nicht
mail-first-text = Man kennt Sie hier schon, und dieser Link kam nicht mit der Post zu Ihnen. Melden Sie sich an, um anzunehmen, oder bitten Sie { $who }, die Einladung an Ihre Adresse senden zu lassen, und öffnen Sie den Link in dieser Mail.
unknown-title = Dieser Link öffnet nichts
unknown-text = Mailprogramme schneiden Links manchmal ab. Kopieren Sie den ganzen Link aus der Mail, oder bitten Sie um eine neue Einladung.
inactive-title = Zurzeit kommt niemand hinein
inactive-text = { $place } ist im Augenblick geschlossen. Fragen Sie { $who }, wann wieder geöffnet wird; Ihre Einladung gilt weiter.
domain-title = Ihre Adresse gehört nicht dazu
domain-text = { $place } nimmt nur Adressen bestimmter Domains auf, und Ihre ist nicht darunter. Bitten Sie { $who }, eine andere Adresse von Ihnen einzuladen.
disabled-title = Ihr Konto ist gesperrt
disabled-text = Sie können diese Einladung vorerst nicht annehmen. Bitten Sie { $who }, Ihr Konto wieder freigeben zu lassen.

# Was zu berichtigen ist
form-expired = Dieses Formular ist abgelaufen. Öffnen Sie den Link noch einmal, oder senden Sie das Formular unten erneut.
name-empty = Geben Sie Ihren Namen ein.
name-too-long = Kürzen Sie Ihren Namen auf { $max } Zeichen.
name-control = Schreiben Sie Ihren Namen in eine Zeile, mit sichtbaren Zeichen.
name-link = Geben Sie Ihren Namen ohne Link ein.
password-too-short = Dieses Passwort ist zu kurz. Nehmen Sie mindestens { $min } Zeichen.
password-too-long = Dieses Passwort ist zu lang. Nehmen Sie höchstens { $max } Zeichen.
password-common = Dieses Passwort steht auf der Liste der häufigsten. Wählen Sie ein anderes.
password-pattern = Dieses Passwort wiederholt ein Muster oder folgt der Tastatur. Wählen Sie ein anderes.
password-personal = Dieses Passwort besteht aus Ihrem Namen oder Ihrer Adresse. Wählen Sie ein anderes.

# Anmelden
sign-in-title = Anmelden
sign-in-to-accept = Danach können Sie Ihre Einladung annehmen.
sign-in-name = Mailadresse oder Benutzername
sign-in-password = Passwort
sign-in-yes = Anmelden
sign-in-wrong = Dieser Name und dieses Passwort gehören nicht zusammen. Prüfen Sie beides, und versuchen Sie es noch einmal.
pin-title = Anmelden bei { $place }
pin-organization = Kürzel der Organisation
pin-pin = PIN
pin-wrong = Dieser Name und diese PIN gehören hier nicht zusammen. Prüfen Sie beides, und versuchen Sie es noch einmal.
sign-in-crowded = Gerade melden sich zu viele an. Es war nichts falsch, und dieser Versuch zählt nicht. Versuchen Sie es gleich noch einmal.
sign-in-wait = Das war zu oft falsch. Versuchen Sie es { $when } wieder.
when-seconds = in { $n ->
    [one] einer Sekunde
   *[other] { $n } Sekunden
}
when-minutes = in { $n ->
    [one] einer Minute
   *[other] { $n } Minuten
}
when-hours = in { $n ->
    [one] einer Stunde
   *[other] { $n } Stunden
}

sign-in-forgot = Passwort vergessen?

forgot-title = Passwort vergessen?
forgot-lead = Sie bekommen eine Mail mit einem Link, über den Sie ein anderes wählen.
forgot-mailbox = Mailadresse
forgot-yes = Link senden
forgot-sent-title = Sehen Sie in Ihre Mail
forgot-sent-text = Wenn es mit dieser Adresse ein Konto gibt, ist eine Mail mit einem Link dorthin unterwegs. Der Link gilt eine Stunde. Wenn keine Mail kommt, prüfen Sie die Adresse, und versuchen Sie es später noch einmal.
reset-title = Wählen Sie ein neues Passwort
reset-lead = Wo Sie im Moment angemeldet sind, werden Sie dann abgemeldet.
reset-yes = Passwort setzen
reset-void-text = Er wurde schon benutzt, ist älter als eine Stunde, oder es gibt einen neueren. Lassen Sie sich einen anderen Link senden.
void-title = Dieser Link gilt nicht mehr
password-title = Passwort
password-old = Bisheriges Passwort
password-new = Neues Passwort
password-lead = Überall sonst, wo Sie angemeldet sind, werden Sie dann abgemeldet, und Ihre Schlüssel für die APIs enden.
password-yes = Passwort ändern
password-wrong = Das ist nicht Ihr Passwort. Prüfen Sie es, und versuchen Sie es noch einmal.

confirm-title = Bestätigen Sie Ihre Mailadresse
confirm-lead = Sie sind angemeldet als { $name }. Bestätigen Sie, dass { $mailbox } Ihre Adresse ist.
confirm-yes = Bestätigen
confirm-void-text = Er wurde schon benutzt, ist älter als ein Tag, oder es gibt einen neueren. Lassen Sie sich auf Ihrer eigenen Seite einen anderen senden.
confirm-someone-else = Sie sind angemeldet als { $name }, und dieser Link ist für ein anderes Konto. Melden Sie sich ab, und als die Person an, für die er ist. Wenn Sie dieses Konto nie eröffnet haben, bestätigen Sie es nicht.

me-unproven = noch nicht bestätigt
me-confirm = Link zur Bestätigung der Adresse senden
me-confirm-sent = Eine Mail mit einem Link ist zu Ihnen unterwegs. Der Link gilt einen Tag.
me-confirm-later = Es wurde keine Mail gesendet, denn es waren vorerst genug. Versuchen Sie es { $when } noch einmal.
me-confirm-nowhere = Es wurde keine Mail gesendet, denn von hier werden keine gesendet. Fragen Sie, wer diese Seite betreibt.
sessions-title = Wo Sie angemeldet sind
sessions-this = dieser Browser
sessions-browser = { $browser } auf { $system }
sessions-system = Ein Browser auf { $system }
sessions-unknown = Ein unbekannter Browser oder ein Programm
sessions-since = seit { $moment }
sessions-pin = mit einer PIN, nur für { $place }
sessions-end = Dort abmelden
sessions-end-others = Überall sonst abmelden
me-title = Sie sind dabei
me-bound = Sie sind mit einer PIN angemeldet, und damit nur bei { $place }.
me-name = Name
me-mailbox = Mailadresse
me-roles = Rollen
me-authority = Befugnis
me-organizations = Organisationen
me-nowhere = Sie gehören zu keiner Organisation.
sign-out = Abmelden

authority-ORG_ADMIN = Verwaltung
authority-HELPDESK = Helpdesk
authority-INVITER = Einladen
authority-READER = Lesen

# Probleme
problem-title = Das hat nicht geklappt
problem-text = Gehen Sie zurück, und versuchen Sie es anders.
problem-400-title = Die Adresse oder das Formular war nicht zu lesen
problem-400-text = Ein Teil fehlt oder ist falsch. Öffnen Sie die Seite noch einmal.
problem-400-mail-text = Ein Teil fehlt oder ist falsch. Kopieren Sie den ganzen Link aus der Mail, oder öffnen Sie die Seite noch einmal.
problem-403-title = Dieses Formular kam von woanders
problem-403-text = Zu Ihrer Sicherheit wurde es nicht angenommen. Öffnen Sie die Seite noch einmal, und senden Sie ihr Formular.
problem-403-mail-text = Zu Ihrer Sicherheit wurde es nicht angenommen. Öffnen Sie den Link aus Ihrer Mail noch einmal.
problem-404-title = Diese Seite gibt es nicht
problem-404-text = Prüfen Sie die Adresse. Wenn ein Link in einer Mail Sie hierher geführt hat, kopieren Sie ihn ganz.
problem-405-title = Diese Seite erwartet ein Formular
problem-405-text = So lässt sie sich nicht öffnen. Gehen Sie zur Seite zum Anmelden.
problem-405-mail-text = So lässt sie sich nicht öffnen. Öffnen Sie den Link aus Ihrer Mail noch einmal, oder gehen Sie zur Seite zum Anmelden.
problem-413-title = Das ist zu viel
problem-413-text = Gehen Sie zurück, und senden Sie weniger.
problem-415-title = Das Formular war nicht zu lesen
problem-415-text = Es wurde nicht als Formular gesendet. Öffnen Sie die Seite noch einmal, und senden Sie ihr Formular.
problem-422-title = Das Formular ist nicht vollständig
problem-422-text = Etwas, das dazugehört, fehlt oder ist falsch. Öffnen Sie die Seite noch einmal, und senden Sie ihr Formular.
problem-429-title = Zu viele Versuche
problem-429-text = Warten Sie { $seconds ->
    [one] eine Sekunde
   *[other] { $seconds } Sekunden
}. Gehen Sie dann zurück, und versuchen Sie es noch einmal.
problem-500-title = Hier ist etwas kaputt
problem-500-text = Es liegt nicht an Ihnen. Versuchen Sie es noch einmal; wenn es so bleibt, sagen Sie es denen, die Sie eingeladen haben.
problem-503-title = Gerade nicht erreichbar
problem-503-text = Nichts ist verloren. Versuchen Sie es gleich noch einmal.
problem-busy-title = Andere ändern gerade dieselben Daten
problem-busy-text = Es wurde nichts geändert. Gehen Sie zurück, und versuchen Sie es noch einmal.
problem-undecided-title = Ob das geschehen ist, ist nicht bekannt
problem-undecided-text = Die Antwort ging unterwegs verloren. Öffnen Sie die Seite oder den Link aus Ihrer Mail gleich noch einmal: Dort steht, was jetzt gilt.
problem-programs-title = Diese Adresse ist für Programme
problem-programs-text = Sie lässt sich nicht als Seite öffnen. Öffnen Sie den Link aus Ihrer Mail, oder gehen Sie zur Seite zum Anmelden.
problem-crowded-title = Gerade melden sich zu viele an
problem-crowded-text = Es wurde nichts geändert. Gehen Sie zurück, und versuchen Sie es gleich noch einmal.
