"""MFU-Net: max fusion over sequences, spatial attention and dynamic resampling."""
