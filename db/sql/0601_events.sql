-- Phase 6, live push; beyond the document's five phases.
--
-- What happened, for those who watch: written in the transaction of the change itself, so that an event is there
-- exactly when the change is. Ids and a kind, never content: whoever is told reads the thing under their own rights.
--
-- Numbers are given before they are committed, so neither an id nor a time tells a reader where it stopped: a slow
-- transaction commits a lower one later, and it would be skipped. With the transaction beside it, it is told: every
-- transaction below pg_snapshot_xmin(pg_current_snapshot()) is over, so what is there of them is all there will be.
-- A reader goes by (xid, id), and only up to that line.

create table events (
    xid xid8 not null default pg_current_xact_id(),
    id bigint not null generated always as identity,
    kind text not null check (
        kind in (
            'override_made', 'override_reverted', 'nudge_sent', 'nudge_opened', 'summary_ready',
            'practice_assigned', 'practice_completed', 'practice_reviewed', 'question_escalated',
            'question_answered', 'goal_progress', 'assignment_begun', 'assignment_ended', 'link_begun', 'link_ended',
            'disconnected'
        )
    ),
    -- The student whom it concerns: whoever may see the student may hear of it. It goes when the student is erased.
    student_id uuid references users (id) on delete cascade,
    -- Somebody who hears of it whomever they may see: the recipient of a nudge; the tutor or the parent whose
    -- assignment or link began or ended; who is to be disconnected. It goes with them too.
    person_id uuid references users (id) on delete cascade,
    -- The row to read: an override, a nudge, a goal, an assignment. No key: some are of one table, some of another.
    target_id uuid not null,
    occurred_at timestamptz not null default current_timestamp,
    primary key (xid, id),
    constraint events_concern_check check (num_nonnulls(student_id, person_id) >= 1)
);

-- What one viewer missed. They lead with the keys to users, which erasing a person needs.
create index idx_events_student on events (student_id, xid, id);
create index idx_events_person on events (person_id, xid, id) where person_id is not null;

-- Up to where events may have been removed: whoever read less far has missed some. At most one row; a row and not the
-- lowest event, for the log may be empty.
create table events_floor (
    single boolean primary key default true check (single),
    xid xid8 not null,
    id bigint not null
);

alter table events enable row level security, force row level security;
alter table events_floor enable row level security, force row level security;

-- Everybody's acts are told; only the product itself reads the log, for everybody, and clears it.
create policy events_read on events for select using ((select sees_all()));
create policy events_add on events for insert with check ((select viewer_role()) is not null);
create policy events_remove on events for delete using ((select viewer_role()) = 'system');

create policy events_floor_read on events_floor for select using ((select sees_all()));
create policy events_floor_add on events_floor for insert with check ((select viewer_role()) = 'system');
create policy events_floor_change on events_floor for update using ((select viewer_role()) = 'system');

grant select, delete on events to study_app;
-- Not its place and its time: those are the database's to say.
grant insert (kind, student_id, person_id, target_id) on events to study_app;
grant select on events_floor to study_app;
grant insert (xid, id), update (xid, id) on events_floor to study_app;
