"""The adapters: databases, media, models, processes. The only folder with threads, sockets and weights."""
