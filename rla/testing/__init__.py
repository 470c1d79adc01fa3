"""Contract suites: what every plug-in of a kind must do, as tests to inherit. No room imports them."""
