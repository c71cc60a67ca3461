-- Everyone: students, tutors, parents and admins, told apart by role.

create table users (
    id uuid primary key default gen_random_uuid(),
    cognito_sub varchar(255) not null unique,
    -- Lower case is demanded, not made: a second spelling of one address must be refused where it is typed.
    email varchar(255) not null unique check (email = lower(email)),
    role varchar(20) not null check (role in ('student', 'tutor', 'parent', 'admin')),
    display_name varchar(100) not null default '',
    profile jsonb not null default '{}' check (jsonb_typeof(profile) = 'object'),
    gamification jsonb not null default '{}' check (jsonb_typeof(gamification) = 'object'),
    analytics jsonb not null default '{}' check (jsonb_typeof(analytics) = 'object'),
    disclaimer_shown boolean not null default false,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    -- The target of every "this person must be a tutor" key. The other side holds the role in a generated
    -- constant column, so the rule is a plain foreign key: it cannot race with a change of role, and a role
    -- cannot change while somebody depends on it.
    unique (id, role)
);
