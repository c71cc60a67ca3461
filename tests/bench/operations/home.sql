select json_build_object('student', json_build_object(
    'id', u.id, 'displayName', u.display_name,
    'goals', (
        select coalesce(json_agg(json_build_object(
            'id', g.id, 'title', g.title, 'status', g.status, 'completionPercentage', g.completion_percentage,
            'currentStreak', g.current_streak, 'xpEarned', g.xp_earned,
            'targetCompletionDate', g.target_completion_date
        )), '[]')
        from (
            select id, title, status, completion_percentage, current_streak, xp_earned, target_completion_date
            from goals
            where student_id = u.id order by created_at desc, id desc limit 10
        ) as g
    ),
    'sessions', (
        select coalesce(json_agg(json_build_object(
            'id', s.id, 'sessionDate', s.session_date, 'durationMinutes', s.duration_minutes,
            'topicsCovered', s.topics_covered,
            'tutor', (
                select json_build_object('id', t.id, 'displayName', t.display_name)
                from users as t
                where t.id = s.tutor_id
            ),
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
            select id, tutor_id, session_date, duration_minutes, topics_covered
            from sessions
            where student_id = u.id
            order by session_date desc, id desc
            limit 10
        ) as s
    ),
    'practice', (
        select coalesce(json_agg(json_build_object(
            'id', p.id, 'completed', p.completed, 'difficultyLevel', p.difficulty_level, 'assignedAt', p.assigned_at,
            'bankItem', (
                select json_build_object('id', i.id, 'questionText', i.question_text)
                from practice_bank_items as i
                where i.id = p.bank_item_id
            )
        )), '[]')
        from (
            select id, completed, difficulty_level, assigned_at, bank_item_id
            from practice_assignments
            where student_id = u.id
            order by assigned_at desc, id desc
            limit 10
        ) as p
    ),
    'nudges', (
        select coalesce(json_agg(json_build_object(
            'id', n.id, 'message', n.message, 'sentAt', n.sent_at, 'openedAt', n.opened_at
        )), '[]')
        from (
            select id, message, sent_at, opened_at from nudges where user_id = u.id order by sent_at desc, id desc limit 5
        ) as n
    )
))::text
from users as u
where u.id = %(viewer)s::uuid
