"""Network parts and losses that two systems or more share."""
