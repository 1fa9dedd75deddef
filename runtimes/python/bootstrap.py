"""The Python runtime's first file: Python compiles it at each start, so that it only finds the others."""

import sys

# The folder of this file is on the path because Python was started with it; functions are not to see it.
sys.path[0:1] = [__file__.rpartition("/")[0] or "."]
from lambdad_runtime import main  # noqa: E402

del sys.path[0]
main.start()
