"""The original spelling of the package: `import RLA` gives the very same modules as `import rla`."""

import sys

import rla

sys.modules[__name__] = rla
