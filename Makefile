# Everything npukit does in one word each; `make help` lists them. CMakePresets.json holds what the builds mean.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
# Extra options for the configure step, such as CMAKE_FLAGS=-DNPU_WERROR=ON.
CMAKE_FLAGS ?=
CTEST_FLAGS ?=

# One line a build step only where somebody watches; warnings and errors always.
QUIET := $(shell [ -t 1 ] || echo --quiet)
CONFIGURE = cmake --log-level=WARNING $(CMAKE_FLAGS)
BUILD = cmake --build
SOURCES = git ls-files '*.h' '*.cpp'

.PHONY: help demo test test-fast asan bench fuzz compilers lint format format-check install clean deps deps-build
.DEFAULT_GOAL := help

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

demo: deps-build ## build the npu command and watch it work
	@$(CONFIGURE) --preset release -DNPU_BUILD_TESTS=OFF -DNPU_BUILD_BENCHMARKS=OFF >/dev/null
	@echo "building build/release/npu ..."
	@$(BUILD) build/release --target npu -j $(JOBS) -- $(QUIET)
	@scripts/demo.sh build/release/npu

test: deps ## build everything and run every test
	@$(CONFIGURE) --preset release -DNPU_BUILD_TESTS=ON -DNPU_BUILD_BENCHMARKS=ON >/dev/null
	@echo "building build/release ..."
	@$(BUILD) build/release -j $(JOBS) -- $(QUIET)
	@ctest --preset release -j $(JOBS) $(CTEST_FLAGS)

test-fast: ## the tests that take under a minute together
	@$(MAKE) --no-print-directory test CTEST_FLAGS="-L fast"

asan: deps ## build with address and undefined-behaviour sanitizers and run every test
	@$(CONFIGURE) --preset asan >/dev/null
	@echo "building build/asan ..."
	@$(BUILD) build/asan -j $(JOBS) -- $(QUIET)
	@ctest --preset asan -j $(JOBS) $(CTEST_FLAGS)

bench: deps ## build and run the benchmarks
	@$(CONFIGURE) --preset release -DNPU_BUILD_BENCHMARKS=ON >/dev/null
	@$(BUILD) build/release --target benchmarks -j $(JOBS) -- $(QUIET)
	@scripts/bench.sh build/release

fuzz: deps ## build the libFuzzer targets with clang++ and run each for a short while
	@$(CONFIGURE) --preset fuzz >/dev/null
	@$(BUILD) build/fuzz -j $(JOBS) -- $(QUIET)
	@ctest --preset fuzz -j $(JOBS) $(CTEST_FLAGS)

format: deps ## reformat every C++ file
	@$(SOURCES) | xargs clang-format-14 -i

format-check: deps ## fail if a C++ file is not formatted
	@$(SOURCES) | xargs clang-format-14 --dry-run -Werror

compilers: deps ## build with g++ and with clang++, compare cycles and bits
	@$(CONFIGURE) --preset release -DNPU_BUILD_TESTS=ON >/dev/null
	@$(BUILD) build/release --target determinism_digest -j $(JOBS) -- $(QUIET)
	@scripts/compilers.sh build/release

lint: deps ## clang-tidy over what changed against the main branch
	@$(CONFIGURE) --preset release -DNPU_BUILD_TESTS=ON -DNPU_BUILD_BENCHMARKS=ON >/dev/null
	@scripts/lint.sh build/release

install: deps ## install to PREFIX (/usr/local), so that find_package(npukit) finds it
	@$(CONFIGURE) --preset release >/dev/null
	@$(BUILD) build/release -j $(JOBS) -- $(QUIET)
	@cmake --install build/release --prefix $(or $(PREFIX),/usr/local)

clean: ## remove every build tree
	@rm -rf build

deps:
	@scripts/install_deps.sh

deps-build:
	@scripts/install_deps.sh build
