"""Pages and pictures made from run folders."""
