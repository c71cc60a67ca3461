-- Phase 9, background jobs: errors, rights and row security.

-- procrastinate writes the names of its tables without their schema. Pinned here, its functions and triggers work for
-- whoever calls them, whatever their search_path.
do $$
declare
    v_function regprocedure;
begin
    for v_function in select oid from pg_proc where pronamespace = 'jobs'::regnamespace loop
        execute format('alter function %s set search_path = pg_catalog, jobs, pg_temp', v_function);
    end loop;
end;
$$;

-- Why runs of a job failed: the kind of error and the line of the program, never what an error says of people's
-- content. It goes with its job.
create table jobs.errors (
    id bigint generated always as identity primary key,
    job_id bigint not null references jobs.procrastinate_jobs (id) on delete cascade,
    -- Which run of the job it was, from 1 on.
    attempt integer not null check (attempt >= 1),
    error text not null,
    place text,
    occurred_at timestamptz not null default current_timestamp
);

create index idx_errors_job on jobs.errors (job_id, id desc);
-- What an administrator is shown.
create index idx_jobs_failed on jobs.procrastinate_jobs (id) where status = 'failed';

alter table jobs.procrastinate_jobs enable row level security, force row level security;
alter table jobs.procrastinate_events enable row level security, force row level security;
alter table jobs.procrastinate_workers enable row level security, force row level security;
alter table jobs.procrastinate_periodic_defers enable row level security, force row level security;
alter table jobs.errors enable row level security, force row level security;

-- Everybody's acts lead to jobs; the product itself runs them, and administrators see what failed and retry it.
create policy jobs_read on jobs.procrastinate_jobs for select using ((select sees_all()));
create policy jobs_add on jobs.procrastinate_jobs for insert with check ((select viewer_role()) is not null);
create policy jobs_change on jobs.procrastinate_jobs for update using ((select sees_all()));
create policy jobs_remove on jobs.procrastinate_jobs for delete using ((select viewer_role()) = 'system');

create policy job_events_read on jobs.procrastinate_events for select using ((select sees_all()));
create policy job_events_add on jobs.procrastinate_events for insert
with check ((select viewer_role()) is not null);

create policy job_errors_read on jobs.errors for select using ((select sees_all()));
create policy job_errors_add on jobs.errors for insert with check ((select viewer_role()) = 'system');

create policy job_workers_all on jobs.procrastinate_workers using ((select viewer_role()) = 'system');
create policy job_periods_all on jobs.procrastinate_periodic_defers using ((select viewer_role()) = 'system');

grant usage on schema jobs to study_app;
revoke execute on all functions in schema jobs from public;
grant execute on all functions in schema jobs to study_app;
grant usage on all sequences in schema jobs to study_app;

grant select, delete on jobs.procrastinate_jobs to study_app;
grant insert (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
on jobs.procrastinate_jobs to study_app;
grant update (status, attempts, scheduled_at, priority, queue_name, lock, abort_requested, worker_id)
on jobs.procrastinate_jobs to study_app;
grant select on jobs.procrastinate_events to study_app;
grant insert (job_id, type, at) on jobs.procrastinate_events to study_app;
grant select, delete on jobs.procrastinate_workers to study_app;
grant insert (last_heartbeat), update (last_heartbeat) on jobs.procrastinate_workers to study_app;
grant select, delete on jobs.procrastinate_periodic_defers to study_app;
grant insert (task_name, periodic_id, defer_timestamp), update (job_id)
on jobs.procrastinate_periodic_defers to study_app;
grant select on jobs.errors to study_app;
grant insert (job_id, attempt, error, place) on jobs.errors to study_app;
