-- Phase 14, nudges: why they were sent or not, and what became of the mail.

-- Every decision, sent or not: one row for what is decided again and again for one reason on one day.
create table nudge_decisions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users (id) on delete cascade,
    type varchar(50) not null check (type in ('login', 'inactivity', 'cross_subject')),
    outcome text not null check (outcome in ('due', 'sent', 'not_sent')),
    reason text not null check (
        reason in (
            'goal_reached', 'came_back', 'away', 'not_due', 'duplicate', 'opted_out', 'cap_reached', 'quiet_hours',
            'another_first'
        )
    ),
    -- What it is about; empty where there was no occasion.
    trigger_key text not null default '',
    suggestions text [] not null default '{}',
    -- The day in the student's time zone.
    day date not null,
    times integer not null default 1 check (times >= 1),
    first_at timestamptz not null default current_timestamp,
    last_at timestamptz not null default current_timestamp,
    nudge_id uuid unique references nudges (id) on delete cascade,
    constraint nudge_decisions_once_key unique (user_id, day, type, reason, trigger_key)
);

create index idx_nudge_decisions_user on nudge_decisions (user_id, last_at desc, id desc);
create index idx_nudge_decisions_old on nudge_decisions (last_at) where outcome = 'not_sent';

alter table nudge_decisions enable row level security, force row level security;

create policy nudge_decisions_read on nudge_decisions for select using (
    (select sees_all())
    or user_id = (select viewer_id())
    or user_id in (select unnest(visible_students()))
);
create policy nudge_decisions_add on nudge_decisions for insert with check ((select viewer_role()) = 'system');
create policy nudge_decisions_change on nudge_decisions for update using ((select viewer_role()) = 'system');
create policy nudge_decisions_remove on nudge_decisions for delete using ((select viewer_role()) = 'system');

grant select, delete on nudge_decisions to study_app;
grant insert (user_id, type, outcome, reason, trigger_key, suggestions, day) on nudge_decisions to study_app;
grant update (outcome, reason, times, last_at, nudge_id) on nudge_decisions to study_app;

-- What a nudge is about: nobody gets two about one thing. Null for what people send.
alter table nudges add column trigger_key text;
alter table nudges add column generation_id uuid references generations (id) on delete set null;
-- Null for a nudge that is not mailed. `handing` while the server has the text and has not said that it takes it: if
-- that is all there is to know later, it is not sent again, for it may have arrived.
alter table nudges add column mail_state text
check (mail_state in ('due', 'handing', 'sent', 'refused', 'unknown'));
alter table nudges add column mailed_at timestamptz;

create unique index nudges_trigger_key on nudges (user_id, type, trigger_key) where trigger_key is not null;
create index idx_nudges_generation on nudges (generation_id) where generation_id is not null;

grant update (mail_state, mailed_at) on nudges to study_app;
