"""The linear codec: five binary problems, one to three networks for each, and equations.

Zhang, Noga and Punithakumar, MyoPS 2020. `codec` holds the problems and the equations that join
their answers, `unet`, `unetpp` and `maskrcnn` the three networks, `warp` their augmentation.
"""
