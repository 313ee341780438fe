"""The cascade: an anatomy network with a denoising auto-encoder, then a pathology network."""
