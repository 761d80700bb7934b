"""One module a revision; each says what it changes and how it is taken back."""
