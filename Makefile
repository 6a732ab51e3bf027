# make run        build .venv, install, open the app on this folder's config.yaml and seeds/
# make test       build what is needed and run every test
# make check      format, lint, strict types, import contracts
# make fix        let ruff format and mend what it can
# make bench      the benchmarks, with their floors
# make docs       the parts of README.md and docs/ that follow from the code, the picture too
# make lock       write requirements.lock anew (needs uv; make lock UPGRADE=--upgrade takes newer versions)
# make clean      remove all that the above made
#
# Works with GNU make 3.81. Another Python: make PYTHON=/path/to/python3.12 run

PYTHON := python3.13 python3.12 python3.11 python3
UV := uv
UPGRADE :=

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
INSTALLED := $(VENV)/.installed

# A .venv from before this folder was moved or copied would run the other folder's code.
ifneq "$(shell cat $(INSTALLED) 2>/dev/null)" "$(CURDIR)"
$(shell rm -f $(INSTALLED))
endif

.PHONY: run test check fix bench docs lock clean fresh-venv

run: $(INSTALLED)
	@$(VENV)/bin/postil .

test: $(INSTALLED)
	$(PY) -m pytest

check: $(INSTALLED)
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

fix: $(INSTALLED)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(INSTALLED)
	$(PY) tests/bench/run.py

docs: $(INSTALLED)
	$(PY) docs/generate.py

lock:
	$(UV) pip compile pyproject.toml --group install --group dev --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --quiet $(UPGRADE) --output-file requirements.lock

clean:
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find annotations tui tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Two steps, because pip refuses hashes together with -e. Wheels only: building a dependency would run code without a
# hash. The mark is the last thing made, so a .venv without it is half-made and goes.
$(INSTALLED): pyproject.toml requirements.lock
	@test -e $@ && $(PY) -c '' 2>/dev/null || $(MAKE) --no-print-directory fresh-venv
	@rm -f $@
	@echo "Installing into $(VENV) ..."
	@$(PIP) install -qq --require-hashes --only-binary :all: -r requirements.lock
	@$(PIP) install -qq --no-deps --no-build-isolation -e .
	@pwd -P > $@

# The first Python that really runs (a pyenv shim may not), is one of ours, and can make a venv.
fresh-venv:
	@rm -rf $(VENV); bare=; \
	for python in $(PYTHON); do \
		"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null || continue; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null || { bare=$$python; continue; }; \
		echo "Making $(VENV) with $$python ..."; \
		"$$python" -m venv $(VENV) && exit 0; \
		rm -rf $(VENV); echo "$$python could not make $(VENV)." >&2; exit 1; \
	done; \
	if [ -n "$$bare" ]; then \
		own=`"$$bare" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'`; \
		echo "$$bare cannot make a venv. On Debian: apt install python3-venv (or $$own). Then run make again." >&2; \
	else \
		echo "postil needs Python 3.11, 3.12 or 3.13, and none of these runs here as one: $(PYTHON)." >&2; \
	fi; \
	exit 1
