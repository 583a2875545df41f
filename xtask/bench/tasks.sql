-- Writes one task down many times, under ids that count from 1: psql -v task=ID -v count=COUNT.
create temp table made as
  select n, lpad(to_hex(n), 32, '0')::uuid as id from generate_series(1, :count) as n;
create temp table tasks as select * from task where id = :'task'::uuid;
create temp table slices as select * from slice where task_id = :'task'::uuid;
insert into task
  select (jsonb_populate_record(tasks, jsonb_build_object('id', made.id))).* from tasks, made;
insert into slice
  select (jsonb_populate_record(slices, jsonb_build_object('task_id', made.id))).* from slices, made;
