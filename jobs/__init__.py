"""What is done in the background: one module a thing, and the worker that does it."""
