"""The companion: what is asked of a language model, what comes back, and what is done without one."""
