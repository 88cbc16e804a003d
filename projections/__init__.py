"""Read models: each file holds a table, how events change it, and the questions it answers."""
