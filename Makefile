# BEST: what can be done with this checkout. `make` alone prints this table.
#
# Prerequisites: a Swift 6 toolchain, make, and apt (Debian or Ubuntu). Everything else is installed by `make deps`, which the
# other targets call by themselves.

SHELL := /bin/bash
SWIFT ?= swift
PREFIX ?= /usr/local
# What the build links, and what the tests use besides (Python for the official client).
PACKAGES := libuv1-dev libcurl4-openssl-dev libssl-dev node-llhttp zlib1g-dev pkg-config
TEST_PACKAGES := python3 python3-venv openssl curl
RELEASE := --configuration release --static-swift-stdlib
BEST := $$($(SWIFT) build $(RELEASE) --show-bin-path)/best
VENVS := .build/venvs

.PHONY: help deps test-deps build release run test test-asan test-tsan fuzz bench lint format install uninstall clean venvs

help: ## print this table
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install the Debian packages the build needs, if they are missing
	@missing=$$(for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || printf '%s ' $$p; done); \
	if [ -n "$$missing" ]; then $(MAKE) --no-print-directory apt-install NAMES="$$missing"; fi

test-deps: deps
	@missing=$$(for p in $(TEST_PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || printf '%s ' $$p; done); \
	if [ -n "$$missing" ]; then $(MAKE) --no-print-directory apt-install NAMES="$$missing"; fi

# With sudo when it is not root who calls.
.PHONY: apt-install
apt-install:
	@echo "installing: $(NAMES)"
	@sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $(NAMES) >/dev/null

build: deps ## compile (debug)
	$(SWIFT) build

release: deps ## compile (optimised)
	$(SWIFT) build $(RELEASE) --product best

run: release ## build and serve on 127.0.0.1:8000; further arguments: make run ARGS='--port 9000'
	@exec $(BEST) serve $(ARGS)

# The official client, current and of the time before 1.0, each in an environment of its own.
venvs: test-deps
	@for v in 'current openai' 'legacy openai==0.28.1'; do set -- $$v; \
	  [ -f $(VENVS)/$$1/ready ] || { echo "making the Python environment '$$1' ($$2)"; rm -rf $(VENVS)/$$1; \
	    python3 -m venv $(VENVS)/$$1 && $(VENVS)/$$1/bin/pip install -q --disable-pip-version-check "$$2" && touch $(VENVS)/$$1/ready; } || exit 1; done

# Suites with deadlines and ports of their own run one test at a time and apart from the others, so that a busy machine is not taken for a
# broken gateway.
TIMED := 'EventLoopTests|HTTPServerTests|UpstreamTests'
test: venvs ## run every test
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --no-parallel --filter $(TIMED)
	BEST_VENVS=$(abspath $(VENVS)) $(SWIFT) test --skip-build --skip $(TIMED)

# The sanitizers' runs share nothing with the ordinary build. The reports of crashes would be lost in swift's own backtraces.
test-asan: venvs ## run every test under the address sanitizer
	$(SWIFT) build --build-tests --sanitize=address --scratch-path .build/asan
	SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --skip-build --no-parallel --sanitize=address --scratch-path .build/asan --filter $(TIMED)
	SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 BEST_VENVS=$(abspath $(VENVS)) $(SWIFT) test --skip-build --sanitize=address --scratch-path .build/asan --skip $(TIMED)

test-tsan: venvs ## run every test under the thread sanitizer
	$(SWIFT) build --build-tests --sanitize=thread --scratch-path .build/tsan
	SWIFT_BACKTRACE=enable=no $(SWIFT) test --skip-build --no-parallel --sanitize=thread --scratch-path .build/tsan --filter $(TIMED)
	SWIFT_BACKTRACE=enable=no BEST_VENVS=$(abspath $(VENVS)) $(SWIFT) test --skip-build --sanitize=thread --scratch-path .build/tsan --skip $(TIMED)

FUZZ_SECONDS ?= 60
fuzz: deps ## fuzz the parsers, FUZZ_SECONDS (60) each, and keep what was learned in .build/corpus
	BEST_FUZZ=1 $(SWIFT) build --configuration release --product Fuzz --scratch-path .build/fuzz --sanitize=address \
	  -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld -Xcc -fsanitize=fuzzer-no-link -Xcc -g0
	@for target in request answer json events; do \
	  mkdir -p .build/corpus/$$target; echo "fuzzing: $$target"; \
	  SWIFT_BACKTRACE=enable=no FUZZ_TARGET=$$target .build/fuzz/release/Fuzz .build/corpus/$$target Tests/Fuzz/Seeds/$$target \
	    -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
	    -artifact_prefix=.build/corpus/crash-$$target- || exit 1; done

lint: ## check the format, the module boundaries and the words that must not appear
	@$(SWIFT) format lint --strict --recursive Package.swift Sources Tests
	@.ci/boundaries

bench: release ## measure CPU time per request beside nginx, in adjacent pairs (installs nginx and wrk)
	@missing=$$(for p in nginx wrk python3; do dpkg -s $$p >/dev/null 2>&1 || printf '%s ' $$p; done); \
	if [ -n "$$missing" ]; then $(MAKE) --no-print-directory apt-install NAMES="$$missing"; fi
	python3 Tests/Bench/compare.py --best $(BEST)

install: release ## install the program and its starter configuration below PREFIX (/usr/local)
	install -D -m 755 $(BEST) $(DESTDIR)$(PREFIX)/bin/best
	@for f in config/*.yaml; do to=$(DESTDIR)$(PREFIX)/etc/best/$$(basename $$f); \
	  if [ -e $$to ]; then echo "kept: $$to"; else install -D -m 644 $$f $$to && echo "installed: $$to"; fi; done
	@echo "start it with: $(PREFIX)/bin/best serve --config $(PREFIX)/etc/best"

uninstall: ## remove the program; the configuration stays
	rm -f $(DESTDIR)$(PREFIX)/bin/best

format: ## format the sources in place
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

clean: ## remove everything that was built
	rm -rf .build
