"""Writes one task down many times, under ids that count from 1: tasks.py FILE ID COUNT."""
import sqlite3, sys

file, task, count = sys.argv[1], bytes.fromhex(sys.argv[2]), int(sys.argv[3])
db = sqlite3.connect(file, timeout=60)
for table, key in (("task", "id"), ("slice", "task_id")):
    found = db.execute(f"select * from {table} where {key} = ?", (task,))
    at = [it[0] for it in found.description].index(key)
    rows = found.fetchall()
    marks = ", ".join("?" * len(found.description))
    for n in range(1, count + 1):
        made = [row[:at] + (n.to_bytes(16, "big"),) + row[at + 1 :] for row in rows]
        db.executemany(f"insert into {table} values ({marks})", made)
db.commit()
