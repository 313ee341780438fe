"""One stage: its network trained epoch by epoch, in one process or several, with checkpoints and a log."""
