### Was alle Briefe sagen. $name wird eingesetzt, wie es ist.

# Die Schreibrichtung: ltr oder rtl.
dir = ltr

greeting = Guten Tag { $name },
greeting-alone = Guten Tag,

roles = Als

link-below = Falls die Schaltfläche nicht funktioniert, öffnen Sie diesen Link im Browser:

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
