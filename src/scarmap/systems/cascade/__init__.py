"""The cascade: an anatomy network with a denoising auto-encoder, then a pathology network.

Zhang et al., MyoPS 2020. `anatomy` is the first network (ASSN), `denoiser` and `corruption` are the
auto-encoder (DAE), `candidates` is what passes from the first network to the second, `pathology`
and `fusion` are the second one (PRSN).
"""
