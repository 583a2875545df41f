### What all letters say. $name is put in as it is.

# The direction of the script: ltr or rtl.
dir = ltr

greeting = Hello { $name },
greeting-alone = Hello,

roles = As

link-below = If the button does not work, open this link in your browser:

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
