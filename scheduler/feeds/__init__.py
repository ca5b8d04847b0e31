"""Calendar feeds: tokens, and which meetings a feed shows."""
