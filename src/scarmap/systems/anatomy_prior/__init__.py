"""The anatomy prior: pathology mix-up, an attention U-Net, learned label weights and a neighbourhood penalty."""
