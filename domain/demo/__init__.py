"""The people and the work that a first start shows: invented for this product, small, and all of one piece.

Times are days before the start. Everything else refers by key: a person's is the name before the @.
"""
