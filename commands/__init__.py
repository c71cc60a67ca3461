"""What the commands of `study-companion` do; `cli` gives them their names and options."""
