create table rows (id text primary key, sent_at timestamptz not null);

-- How long each row takes. The owner of the database changes it while functions write.
create table weather (seconds_per_row double precision not null);
insert into weather values (0);

-- One entry for each row that was inserted: two for a row would be an effect that happened twice.
create table effects (id text not null);

create function take_time() returns trigger language plpgsql as $$
declare
  seconds double precision;
begin
  select seconds_per_row into seconds from weather;
  if seconds > 0 then perform pg_sleep(seconds); end if;
  return new;
end $$;
create trigger take_time before insert on rows for each row execute function take_time();

create function note_effect() returns trigger language plpgsql as $$
begin
  insert into effects values (new.id);
  return null;
end $$;
create trigger note_effect after insert on rows for each row execute function note_effect();
