"""Breadth-first execution: a field is read once for all objects of a level, not once for each.

An operation is compiled into a plan (`plan`), once for each document, operation and pattern of `@skip` and `@include`,
and the plan is run level by level (`run`). What comes out is what graphql-core's executor would give: the same data and
the same errors. What a plan cannot express goes to that executor, see `plan.Inexpressible`.

The idea of a resolver that serves a set of objects is that of Shopify's Cardinal,
https://shopify.engineering/faster-breadth-first-graphql-execution
"""
