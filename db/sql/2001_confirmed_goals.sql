-- Phase 20, a goal that was reached counts once a tutor says so: what students say of themselves earns nothing.

alter table goals
add column confirmed_at timestamptz,
-- Null once that person has been erased.
add column confirmed_by uuid references users (id) on delete set null;

create index idx_goals_confirmed_by on goals (confirmed_by) where confirmed_by is not null;

-- What counted before there was this rule has been confirmed by it. Row security is forced on the owner too.
do $$
begin
    perform set_system();
    update goals set confirmed_at = completed_at where status = 'completed' and completed_at is not null;
end;
$$;

-- A policy sees a row before or after a change, never both.
create function guard_goal_confirmation() returns trigger
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if new.confirmed_at is not null and viewer_role() = 'student' then
        if tg_op = 'INSERT' or new.confirmed_at is distinct from old.confirmed_at then
            raise insufficient_privilege using message = 'a goal is confirmed by tutors and administrators';
        end if;
    end if;
    return new;
end;
$$;

create trigger guard_goal_confirmation before insert or update of confirmed_at on goals
for each row execute function guard_goal_confirmation();

revoke execute on function guard_goal_confirmation() from public;
grant update (confirmed_at, confirmed_by) on goals to study_app;
