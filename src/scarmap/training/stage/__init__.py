"""One stage: its network is trained epoch by epoch, in one process or several.

`fit` is the loop and `epoch` one turn of it; `learner` holds model and objective, `checkpoint` what
a stopped training continues from, `log` one row per epoch; `processes` and `shared_batch` let
several processes train one network.
"""
