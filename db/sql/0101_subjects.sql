-- Phase 1, core tables. Subjects come first: nearly every other table points at one.

create table subjects (
    id uuid primary key default gen_random_uuid(),
    name varchar(100) not null,
    category varchar(50),
    description text,
    -- PostgreSQL cannot check the members of an array against a key: writers check that each id exists,
    -- readers skip one that is gone.
    related_subjects uuid[],
    created_at timestamptz not null default current_timestamp
);
