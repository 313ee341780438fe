"""The everyday calls: from images to masks, figures and pages, each one function in its own file.

They take strings or paths, images in memory, or arrays with their spacing, and put together what
the rooms below do. The commands call them, and `import scarmap` offers them at the top.
"""
