select json_build_object('tutor', json_build_object(
    'id', t.id,
    'sessions', (
        select coalesce(json_agg(json_build_object(
            'id', s.id, 'sessionDate', s.session_date, 'durationMinutes', s.duration_minutes,
            'topicsCovered', s.topics_covered,
            'student', json_build_object('id', u.id, 'displayName', u.display_name),
            'tutor', json_build_object('id', t.id, 'displayName', t.display_name),
            'summaries', (
                select coalesce(json_agg(
                    json_build_object('id', m.id, 'narrative', m.narrative) order by m.created_at desc, m.id desc
                ), '[]')
                from summaries as m
                where m.session_id = s.id
            )
        ) order by s.session_date desc, s.id desc), '[]')
        from (
            select id, student_id, session_date, duration_minutes, topics_covered
            from sessions
            where tutor_id = t.id
            order by session_date desc, id desc
            limit 100
        ) as s
        join users as u on u.id = s.student_id
    )
))::text
from users as t
where t.id = %(viewer)s::uuid
