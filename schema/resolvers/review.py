"""What waits for a tutor's review."""

import strawberry

from db import review as review_db
from domain.permissions import Permission
from schema.fields import query_connection
from schema.types.connection import Connection
from schema.types.review import ReviewItem, ReviewOrder, ReviewWhere


@strawberry.type
class ReviewQueries:
    """Queries for what waits for review."""

    review_queue: Connection[ReviewItem] = query_connection(
        review_db.review_queue,
        review_db.count_review_queue,
        permission=Permission.REVIEW,
        order=ReviewOrder.OLDEST,
        where=ReviewWhere,
        description="What waits for a tutor's review about the students whom the viewer may see: open practice that "
        "the companion wrote and nobody has approved, and questions without a tutor's answer or override that were "
        "answered with low confidence or passed on to a tutor.",
    )
