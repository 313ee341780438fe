"""One run folder.

`train` is its plan, made for a `request`. `training_set` reads the data, `record` and `provenance`
write `run.json`, `held_out` writes masks and scores, `resume` decides what a continued run keeps.
"""
