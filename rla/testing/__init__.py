"""Contract suites: what every plug-in of a kind must do, as tests to inherit. No room imports them."""

import pytest

pytest.register_assert_rewrite(
    "rla.testing.checkpoint", "rla.testing.output", "rla.testing.transport"
)  # so that a failure shows its values
