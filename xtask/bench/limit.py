"""What SQLite allows at the least work that a durable invitation needs: limit.py FOLDER SECONDS ROWS_A_TRANSACTION."""
import os, sqlite3, sys, time, uuid

folder, seconds, rows = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
db = sqlite3.connect(os.path.join(folder, f"limit-{rows}.db"), isolation_level=None)
db.executescript("""
pragma journal_mode = wal; pragma synchronous = full;
create table invitation (id blob primary key, tenant int not null, mailbox text not null,
  status text not null default 'pending', expires_at int not null) without rowid;
create unique index live on invitation (tenant, mailbox) where status = 'pending';
create table outbox (id integer primary key, invitation blob not null, due_at int not null);
create index due on outbox (due_at);
""")
count, start = 0, time.time()
while time.time() - start < seconds:
    ids = [uuid.uuid4().bytes for _ in range(rows)]
    db.execute("begin immediate")
    db.executemany("insert into invitation values (?, 1, ?, 'pending', 0)", [(i, f"u{i.hex()}@example.com") for i in ids])
    db.executemany("insert into outbox (invitation, due_at) values (?, 0)", [(i,) for i in ids])
    db.execute("commit")
    count += rows
print(round(count / (time.time() - start)))
