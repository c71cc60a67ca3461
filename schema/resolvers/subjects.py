"""Finding subjects."""

import strawberry

from db import subjects as subjects_db
from domain.permissions import Permission
from schema.fields import query_connection
from schema.types.connection import Connection
from schema.types.subject import Subject, SubjectOrder, SubjectWhere


@strawberry.type
class SubjectQueries:
    """Queries for subjects."""

    subjects: Connection[Subject] = query_connection(
        subjects_db.all_subjects,
        subjects_db.count_all_subjects,
        permission=Permission.SIGNED_IN,
        order=SubjectOrder.BY_NAME,
        where=SubjectWhere,
        description="The subject catalogue.",
    )
