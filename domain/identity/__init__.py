"""Who a bearer token speaks for."""
