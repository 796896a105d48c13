# Each command does its own set-up; Python 3.11 or newer and make are enough to begin with.
PYTHON ?= python3
PO := $(wildcard locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)

.PHONY: demo demo-reset test bench lint requirements
.DEFAULT_GOAL := demo

# The whole portal on this machine, with fictitious people. Ctrl-C stops it; the data stays.
demo: .venv/demo.stamp $(MO)
	@.ci/system-parts demo
	@exec .venv/bin/python -m returns_portal.demo

demo-reset: .venv/demo.stamp
	@exec .venv/bin/python -m returns_portal.demo reset

# Everything, browser tests included. `make test ARGS="tests/cases -k hold"` runs a part.
test: .venv/dev.stamp $(MO)
	@.ci/system-parts test
	@exec .venv/bin/python -m returns_portal.embedded -- .venv/bin/python -m pytest $(or $(ARGS),-n 2 --dist loadfile --no-loadscope-reorder)

# What pages cost, as a table.
bench: .venv/dev.stamp $(MO)
	@exec .venv/bin/python -m returns_portal.embedded -- .venv/bin/python -m pytest benchmarks -q -o python_files="bench_*.py" -o python_functions="bench_*"

lint: .venv/dev.stamp $(MO)
	@exec .venv/bin/python -m returns_portal.embedded -- .ci/lint

# Resolve the direct dependencies of pyproject.toml into pins with hashes. `make requirements UP=--upgrade` renews them.
COMPILE = .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet $(UP)
requirements: .venv/dev.stamp
	$(COMPILE) --group pyproject.toml:dev --output-file requirements/dev.txt
	$(COMPILE) --group pyproject.toml:demo --constraints requirements/dev.txt --output-file requirements/demo.txt
	$(COMPILE) --constraints requirements/dev.txt --output-file requirements/portal.txt

.venv/bin/python:
	@.ci/system-parts venv
	$(PYTHON) -m venv .venv

# The development set holds the demo's, so whoever has the one needs no second installation.
.venv/demo.stamp: requirements/demo.txt | .venv/bin/python
	.venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/dev.stamp: requirements/dev.txt | .venv/bin/python
	.venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@ .venv/demo.stamp

%.mo: %.po | .venv/demo.stamp
	.venv/bin/pybabel --quiet compile --input-file $< --output-file $@
