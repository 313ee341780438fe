"""The reading room: a server on the reader's own machine, and what it keeps.

- `store`, `database`: one folder with a SQLite file, images and masks; `studies`, `versions`,
  `drafts` and `jobs` are its tables.
- `upload`, `intake`: what readers bring; `worker` and `segmenting`: a process of its own that
  works through the queue.
- `measuring`, `thresholds`, `exporting`, `comparing`, `learning` and `learned`: what is done with a
  study, by the functions of the command line.
- `security`, `app` and the modules of `routes`: HTTP. `pages` holds what a browser loads.
- `node`, `peer`, `watching`: studies by DICOM, and folders that are looked at.
"""
