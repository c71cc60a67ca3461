select json_build_object('session', json_build_object(
    'id', s.id, 'sessionDate', s.session_date, 'durationMinutes', s.duration_minutes,
    'topicsCovered', s.topics_covered, 'createdAt', s.created_at
))::text
from sessions as s
where s.id = %(id)s::uuid
