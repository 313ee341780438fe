"""The anatomy prior: pathology mix-up, attention, learned label weights, a neighbourhood penalty.

Zhou et al., STACOM 2020 (EMIDEC). `mixup`, `network`, `class_weights` and `neighbourhood` are these
four ideas.
"""
