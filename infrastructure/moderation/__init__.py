"""The moderation process: models, what they see in pictures, and how other processes ask it."""
