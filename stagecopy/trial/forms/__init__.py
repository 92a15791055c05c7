"""How a step is written down for each migration tool."""
