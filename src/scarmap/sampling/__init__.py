"""From cases to batches on the training device, and nowhere else from (X, Y, Z) to (B, S, H, W)."""
