"""From a scanner's export to case folders: find the files, tell the series apart, build stacks, write them."""
