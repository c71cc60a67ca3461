-- Phase 3, nudges, overrides and the audit log.

create table nudges (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users (id) on delete cascade,
    type varchar(50) not null check (type in ('login', 'inactivity', 'cross_subject')),
    channel varchar(20) not null check (channel in ('in_app', 'email', 'both')),
    message text not null,
    personalized boolean not null default true,
    sent_at timestamptz not null default current_timestamp,
    opened_at timestamptz,
    clicked_at timestamptz,
    trigger_reason text,
    suggestions_made text[],
    created_at timestamptz not null default current_timestamp
);
