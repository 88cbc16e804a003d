"""Pages: rendered on the server, usable without JavaScript, in English and Welsh."""
