-- Phase 17, which log a place is of.
--
-- A server that takes over from another, or is restored from a backup, may lack the last transactions, and gives their
-- numbers out again to others: a place that somebody kept of the lost ones would be accepted once the numbers have come
-- that far, and what lies before it be missed without a word. So each beginning of a log has a number of its own, by
-- chance, and a log begins anew wherever its history is not the server's.

-- The database, the server's own number, and the timeline, which changes with each promotion and recovery: as much of
-- it as this server lets the application know. A server that only follows has none yet; whoever asks is to come back,
-- as to one that is starting.
create function log_history() returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    known text := (select oid::text from pg_database where datname = current_database());
begin
    if pg_is_in_recovery() then
        raise exception 'this server only follows another one' using errcode = 'cannot_connect_now';
    end if;
    begin
        known := known || '.' || (select system_identifier from pg_control_system());
    exception when insufficient_privilege or undefined_function or feature_not_supported then null;
    end;
    begin
        known := known || '.' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
    exception when insufficient_privilege or undefined_function or feature_not_supported then null;
    end;
    return known;
end;
$$;

revoke execute on function log_history() from public;
grant execute on function log_history() to study_app;

-- With these a floor is of no log: whatever opens it next begins it anew.
alter table events_floor
add column epoch bigint not null default 0,
add column history text not null default '';

grant insert (epoch, history), update (epoch, history) on events_floor to study_app;
