"""Lets the processes of a test use a transport of the tests, or a version of rla without one of its precautions."""

import os

if os.environ.get("RLA_TEST_TRANSPORT"):
    from rla.sync.registry import TRANSPORTS

    TRANSPORTS["local"] = f"odd_transports:{os.environ['RLA_TEST_TRANSPORT']}"

if os.environ.get("RLA_TEST_MUTANT"):
    import mutants

    getattr(mutants, os.environ["RLA_TEST_MUTANT"])()
