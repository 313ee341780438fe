"""The page of a study on paper: as a browser prints it, or drawn plainly where there is none."""
