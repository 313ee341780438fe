"""From a scanner's export to case folders: find files, tell series apart, build stacks, write."""
