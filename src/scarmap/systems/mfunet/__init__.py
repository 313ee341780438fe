"""MFU-Net: max fusion over sequences, spatial attention and dynamic resampling.

Jiang et al., MyoPS 2020. `encoding`, `attention` and `network` are the network, `resampling` its
patches, `objective` its losses, `pretraining` and `appearance` the reconstruction that it may start
from.
"""
