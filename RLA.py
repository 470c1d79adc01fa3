"""The original spelling of the package: `import RLA` gives the very same modules as `import rla`."""

import sys

del sys.modules[__name__]  # until it is finished, importers in other threads shall wait instead of getting this file

import rla  # noqa: E402

sys.modules[__name__] = rla
