"""From a case to probabilities and a label map on its own grid."""
