-- The least that a durable invitation needs: one row in each of two tables, one of them unique.
drop table if exists outbox, invitation;
create table invitation (
  id uuid primary key default gen_random_uuid(), tenant int not null, mailbox text not null,
  status text not null default 'pending', expires_at timestamptz not null);
create unique index on invitation (tenant, mailbox) where status = 'pending';
create table outbox (
  id bigint generated always as identity primary key, invitation uuid not null,
  due_at timestamptz not null default now());
create index on outbox (due_at);
