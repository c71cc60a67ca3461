-- Phase 11, progress: what earned points, and what moved which goal.

-- A row for what was done, and one for each goal that it moved. The key is what makes it count once, however often the
-- job that counts it runs.
create table progress_entries (
    id uuid primary key default gen_random_uuid(),
    student_id uuid not null references users (id) on delete cascade,
    kind text not null check (kind in ('practice', 'session', 'goal')),
    -- The practice, the session, or the goal that was reached. No key: they are of three tables.
    source_id uuid not null,
    -- Null for the student's own points.
    goal_id uuid references goals (id) on delete cascade,
    xp integer not null check (xp >= 0),
    percent numeric(5, 2) not null check (percent >= 0 and percent <= 100),
    occurred_at timestamptz not null,
    created_at timestamptz not null default current_timestamp,
    constraint progress_entries_once_key unique nulls not distinct (kind, source_id, goal_id)
);

create index idx_progress_entries_student on progress_entries (student_id, occurred_at desc, id desc);
create index idx_progress_entries_goal on progress_entries (goal_id) where goal_id is not null;

alter table progress_entries enable row level security, force row level security;

create policy progress_entries_read on progress_entries for select using (
    (select sees_all()) or student_id in (select unnest(visible_students()))
);
create policy progress_entries_add on progress_entries for insert with check ((select viewer_role()) = 'system');

grant select on progress_entries to study_app;
grant insert (student_id, kind, source_id, goal_id, xp, percent, occurred_at) on progress_entries to study_app;
