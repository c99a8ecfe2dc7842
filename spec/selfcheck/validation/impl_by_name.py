"""The project's own implementation under its own name, `impl`: a mutation tool finds functions by their modules' names.

Without `--impl` it is loaded from its folder under a private name, like any other.
"""

import sys

import impl

sys.modules[__name__] = impl
