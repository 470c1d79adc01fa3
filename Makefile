# Two commands do all the set-up: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# TensorFlow and JAX have an environment of their own: they are large, and the fast tests do without them.
FRAMEWORKS_VENV := .venv-frameworks
FRAMEWORKS_BIN := $(FRAMEWORKS_VENV)/bin
FRAMEWORKS_TESTS := \
	test/checkpoint/test_checkpoints_of_tensorflow_survive_kill_9.py \
	test/checkpoint/test_loading_by_prefix.py \
	test/checkpoint/test_objects_of_tensorflow.py \
	test/checkpoint/test_programs_of_frameworks_in_the_docs.py \
	test/checkpoint/test_sessions_of_tensorflow.py \
	test/checkpoint/test_the_contract_of_savers.py \
	test/checkpoint/test_trees_of_jax.py \
	test/compat/test_old_tensorflow_tools.py

.PHONY: help demo test cover lint fault frameworks clean

help:
	@echo "make demo   train six small agents and look at their records (no torch needed)"
	@echo "make test   linters, types and the fast tests, on all processors"
	@echo "make fault  the tests that kill processes and break disks"
	@echo "make frameworks   the tests of TensorFlow and JAX, which get an environment of their own"
	@echo "make lint   linters and types alone"
	@echo "make cover  the fast tests, one after the other, and which lines they reach"
	@echo "make clean  remove the virtual environment and what tools left behind"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.done: pyproject.toml | $(BIN)/python
	$(PIP) -e ".[demo]"
	@touch $@

$(VENV)/test.done: pyproject.toml test/constraints.txt | $(BIN)/python
	$(PIP) -e ".[demo,test]" -c test/constraints.txt
	@touch $@

demo: $(VENV)/demo.done
	$(BIN)/python example/simplest_code/main.py

lint: $(VENV)/test.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

cover: $(VENV)/test.done
	rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

fault: $(VENV)/test.done
	$(BIN)/python -m pytest -m "fault or load"

$(FRAMEWORKS_VENV)/done: pyproject.toml test/constraints.txt
	$(PYTHON) -m venv $(FRAMEWORKS_VENV)
	$(FRAMEWORKS_BIN)/python -m pip install --quiet --disable-pip-version-check -c test/constraints.txt \
		-e ".[demo,jax,tensorflow]" flax hypothesis optax pytest pytest-timeout
	@touch $@

frameworks: $(FRAMEWORKS_VENV)/done
	$(FRAMEWORKS_BIN)/python -c "import flax, jax, optax, tensorflow"
	$(FRAMEWORKS_BIN)/python -m pytest -m "" $(FRAMEWORKS_TESTS)

clean:
	rm -rf $(VENV) $(FRAMEWORKS_VENV) build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
