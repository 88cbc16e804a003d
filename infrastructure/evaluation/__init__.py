"""How well moderation tells people apart, on films that somebody labelled: docs/evaluation.md."""
