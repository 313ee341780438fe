"""Make a finished run of the recipe the built-in model of this checkout.

::

    python benchmarks/install_builtin.py RUN --version 1

Weights trained on patients must never be installed: their data sets' terms forbid it.
"""

import argparse
from pathlib import Path

from scarmap.io.run import RunFolder
from scarmap.systems.scarmap.builtin import WEIGHTS, about_builtin, install_builtin, introduce
from scarmap.training.describe import parse_setting

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("run", type=Path, help="run folder, trained on `scarmap phantom` cohorts only")
parser.add_argument("--name", default="scarmap-synthetic")
parser.add_argument("--version", required=True)
parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE", help="a later setting")
asked = parser.parse_args()
changes = dict(parse_setting(text) for text in asked.settings)
install_builtin(RunFolder(asked.run), name=asked.name, version=asked.version, changes=changes)
print(introduce(about_builtin()))
print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e6:.1f} MB")
