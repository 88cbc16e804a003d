"""A rehearsal: one whole call at real speed through the real processes and real WebRTC, on this machine alone."""
