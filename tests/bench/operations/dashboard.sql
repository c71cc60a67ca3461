select json_build_object('tutor', json_build_object(
    'id', t.id, 'displayName', t.display_name, 'email', t.email,
    'students', (
        select coalesce(json_agg(json_build_object(
            'id', u.id, 'displayName', u.display_name, 'email', u.email,
            'goals', (
                select coalesce(json_agg(json_build_object(
                    'id', g.id, 'title', g.title, 'status', g.status,
                    'completionPercentage', g.completion_percentage, 'currentStreak', g.current_streak,
                    'xpEarned', g.xp_earned, 'targetCompletionDate', g.target_completion_date
                )), '[]')
                from (
                    select id, title, status, completion_percentage, current_streak, xp_earned, target_completion_date
                    from goals
                    where student_id = u.id
                    order by created_at desc, id desc
                    limit 4
                ) as g
            ),
            'sessions', (
                select coalesce(json_agg(json_build_object(
                    'id', s.id, 'sessionDate', s.session_date, 'durationMinutes', s.duration_minutes,
                    'topicsCovered', s.topics_covered,
                    'summaries', (
                        select coalesce(json_agg(json_build_object(
                            'id', m.id, 'narrative', m.narrative, 'nextSteps', m.next_steps,
                            'subjectsCovered', m.subjects_covered, 'createdAt', m.created_at
                        ) order by m.created_at desc, m.id desc), '[]')
                        from summaries as m
                        where m.session_id = s.id
                    )
                )), '[]')
                from (
                    select id, session_date, duration_minutes, topics_covered
                    from sessions
                    where student_id = u.id
                    order by session_date desc, id desc
                    limit 5
                ) as s
            )
        )), '[]')
        from (
            select p.id, p.display_name, p.email
            from tutor_student_assignments as a
            join users as p on p.id = a.student_id
            where a.tutor_id = t.id and a.status = 'active'
            order by p.email, p.id
            limit %(students)s
        ) as u
    )
))::text
from users as t
where t.id = %(viewer)s::uuid
