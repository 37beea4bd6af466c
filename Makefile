# What people type. `make help` lists it; CONTRIBUTING says more.
# `up`, `down` and `status` set the environment up and call the surefoot command of the same name.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?=
DOCS ?=
UV ?= uv
export PYTHON

.PHONY: help up down status demo check test systems journey lock runtime dev

help: ## list the targets
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1|\2/p' Makefile | column -t -s '|'

up: runtime ## set everything up, start it, ask one question; DOCS=path answers over your own folder
	@.venv/bin/surefoot up $(if $(DOCS),--docs '$(DOCS)')

down: ## stop what `make up` started, and nothing else
	@.ci/installed down

status: ## say what runs
	@.ci/installed status

demo: runtime ## after `make up`: a bad edit refused, a good one promoted and taken back, in a clone
	@.venv/bin/surefoot demo

check: dev ## format, lint, types, import order, house rules
	@.ci/check

test: dev ## the tests that need Python alone: no apt, no model
	@.venv/bin/surefoot eval prepare
	@.venv/bin/pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile -m 'not systems and not journey'

systems: dev ## the tests that need a real outside tool: a browser, Prometheus
	@.venv/bin/pytest -m systems

journey: dev ## the tests that need the real model
	@.ci/journey

lock: ## pin the dependencies anew (needs uv)
	@.ci/lock

runtime:
	@.ci/environment runtime

dev:
	@.ci/environment dev
