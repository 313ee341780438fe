"""What can be asked for over HTTP: pages, the worklist, a study, its drafts and versions."""
