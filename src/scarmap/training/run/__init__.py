"""One run folder: its request, record, training set, stages, held-out masks, and how it is continued."""
