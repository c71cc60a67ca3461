-- What was done to whom and by whom. Append-only by trigger and by grant (phase 4). `details` holds ids, versions
-- and counts, never a person's text: it is not emptied when the person is erased.

create table audit_log (
    id bigint primary key generated always as identity,
    occurred_at timestamptz not null default current_timestamp,
    actor_id uuid references users (id) on delete set null,
    actor_role varchar(20) not null check (actor_role in ('student', 'tutor', 'parent', 'admin', 'system')),
    action varchar(100) not null,
    target_type varchar(50) not null,
    target_id uuid,
    student_id uuid references users (id) on delete set null,
    details jsonb not null default '{}' check (jsonb_typeof(details) = 'object')
);
