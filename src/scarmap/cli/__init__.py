"""The `scarmap` command: `main`, and one file for each of its commands.

A command reads its options, calls one public function and prints where the result is.
"""
