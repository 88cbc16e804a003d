"""Networks behind the ports of `application.moderation`."""
