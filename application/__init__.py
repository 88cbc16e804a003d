"""One command at a time: read the facts a decision rests on, decide, append. Knows the domain and no adapter."""
