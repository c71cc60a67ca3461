"""Mathematics as students write it: read by a strict grammar, compared by computer algebra in a process of its own."""
