"""The media plane: encoded pictures and sound from one side to the other, held until they were judged."""
