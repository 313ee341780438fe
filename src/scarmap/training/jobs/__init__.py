"""Many trainings as jobs.

`plan` lists the jobs that are left, `carry_out` does one of them on any machine, and
`train_several` hands them to a scheduler and records each when it ends.
"""
