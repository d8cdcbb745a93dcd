"""Stands before the published package: the same modules, without what its own __init__ imports to train models.

That takes 790 MB of packages; the store, its server, its client and its types need a tenth of it.
"""

import sys
from pathlib import Path

__path__ = [
    str(Path(folder) / "agentlightning") for folder in sys.path if (Path(folder) / "agentlightning" / "store").is_dir()
]

from .logging import setup as setup_logging  # noqa: E402,F401: the `agl` command takes it from here
