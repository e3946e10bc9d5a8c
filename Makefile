# SPDX-License-Identifier: GPL-3.0-or-later
# Makefile - Habits in one word each; `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := all
MAKEFLAGS += --no-print-directory

# SANITIZE=1 builds and tests with the address and undefined-behaviour sanitizers, in a directory of its own.
ifeq ($(SANITIZE),1)
BUILD := build-asan
MESON_ARGS := -Db_sanitize=address,undefined -Db_lundef=false
export ASAN_OPTIONS ?= detect_leaks=1:abort_on_error=0
export UBSAN_OPTIONS ?= print_stacktrace=1:halt_on_error=1
else
BUILD := build
MESON_ARGS :=
endif

C_FILES = $$(git ls-files '*.c' '*.h')

define setup
	@test -f $(1)/build.ninja || { echo "Preparing $(1)/"; meson setup $(1) $(2) >$(1).log 2>&1 \
		|| { cat $(1).log; exit 1; }; rm -f $(1).log; }
endef

# Quiet but for warnings and errors.
define compile
	@set -o pipefail; ninja --quiet $(if $(JOBS),-j$(JOBS)) -C $(1) | { grep -v '^ninja: no work to do' || true; }
endef

.PHONY: all deps demo lab test test-nodpdk smoke check lint fmt map fuzz bench bench-check trouble install clean help

all: deps ## Build everything into build/ (SANITIZE=1: with sanitizers, into build-asan/)
	$(call setup,$(BUILD),$(MESON_ARGS))
	$(call compile,$(BUILD))

deps:
	@./deps.sh build

demo: all ## Show the main job end to end: conference, transcoding and relay, with checked sound
	@bench/lab/demo.sh

lab: all ## The demo left running, to play with slimctl
	@bench/lab/demo.sh --keep

test: all ## Build and run all tests
	@./deps.sh test
	@tests/run --build $(BUILD)

test-nodpdk: deps ## Build without DPDK, by clang where it is installed, and run the unit tests
	$(call setup,build-nodpdk,-Ddpdk=disabled $$(command -v clang >/dev/null && echo --native-file tests/clang.ini))
	$(call compile,build-nodpdk)
	@tests/run --build build-nodpdk --unit

smoke: all ## Run only the tests that start the real programs in network namespaces
	@tests/run --build $(BUILD) --smoke

check: lint test-nodpdk ## Lints, formatting, hot objects, and the build without DPDK by clang

lint: all
	@./deps.sh check
	@tests/lint/rooms.py
	@tests/lint/hot.sh build
	@tests/lint/text.sh

fmt: ## Format all C files
	@./deps.sh check
	@clang-format -i $(C_FILES)

map: ## Write docs/map.md again
	@tests/lint/rooms.py --map

fuzz: ## Fuzz every parser for FUZZ_TIME seconds each (default 30)
	@./deps.sh build fuzz
	@tests/fuzz/run

bench: all ## Run the benches, or one: make bench BENCH=relay
	@./deps.sh build bench
	@bench/run $(BENCH)

trouble: all ## Simulate calls through bad networks and write docs/network-trouble.md and its plot again
	@$(BUILD)/bench/slimline-trouble docs

bench-check: ## Judge the newest results against the goals and bench/baseline.jsonl
	@bench/report --check

install: all ## Install programs, sample configuration and services (DESTDIR is honoured)
	@meson install -C $(BUILD) --quiet

clean: ## Remove everything that was built
	@rm -rf build build-asan build-clang build-nodpdk build-fuzz

help: ## List these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
