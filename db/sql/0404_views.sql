-- Analytics. security_invoker: a plain view reads as its owner and so around the reader's row policies.

-- One row for each active goal. Each number comes from its own aggregate over the student's rows in the goal's
-- subject; a goal without a subject counts all of them.
create view v_student_progress with (security_invoker = true) as
select
    g.student_id,
    g.id as goal_id,
    s.name as subject_name,
    g.completion_percentage,
    g.current_streak,
    g.xp_earned,
    g.status,
    g.target_completion_date,
    held.sessions_count,
    done.practice_items_completed,
    rated.average_rating
from goals as g
left join subjects as s on g.subject_id = s.id
cross join lateral (
    select count(*) as sessions_count
    from sessions as sess
    where sess.student_id = g.student_id and (g.subject_id is null or sess.subject_id = g.subject_id)
) as held
cross join lateral (
    select count(*) as practice_items_completed
    from practice_assignments as pa
    where pa.student_id = g.student_id and pa.completed and (g.subject_id is null or pa.subject_id = g.subject_id)
) as done
cross join lateral (
    select avg(sr.rating) as average_rating
    from student_ratings as sr
    where sr.student_id = g.student_id and (g.subject_id is null or sr.subject_id = g.subject_id)
) as rated
where g.status = 'active';

-- Days are days in UTC, whatever the reader's time zone, here and in v_nudge_engagement.
create view v_override_analytics with (security_invoker = true) as
select
    o.override_type,
    s.name as subject_name,
    o.difficulty_level,
    count(*) as override_count,
    count(distinct o.tutor_id) as unique_tutors,
    count(distinct o.student_id) as unique_students,
    date_trunc('day', o.created_at, 'UTC') as override_date
from overrides as o
left join subjects as s on o.subject_id = s.id
group by o.override_type, s.name, o.difficulty_level, date_trunc('day', o.created_at, 'UTC');

create view v_confidence_distribution with (security_invoker = true) as
select
    student_id,
    confidence,
    count(*) as count,
    round(count(*) * 100.0 / sum(count(*)) over (partition by student_id), 2) as percentage
from qa_interactions
group by student_id, confidence;

create view v_nudge_engagement with (security_invoker = true) as
select
    user_id,
    type,
    count(*) as sent_count,
    count(opened_at) as opened_count,
    count(clicked_at) as clicked_count,
    date_trunc('day', sent_at, 'UTC') as nudge_date
from nudges
group by user_id, type, date_trunc('day', sent_at, 'UTC');
