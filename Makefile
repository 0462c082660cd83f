# BEST: what can be done with this checkout. `make` alone prints this table.
#
# Prerequisites: a Swift 6 toolchain, make, and apt (Debian or Ubuntu). Everything else is installed by `make deps`, which the
# other targets call by themselves.

SHELL := /bin/bash
SWIFT ?= swift
PREFIX ?= /usr/local
# What the build links, and what the tests use besides (Python for the official client).
PACKAGES := libuv1-dev libcurl4-openssl-dev libssl-dev node-llhttp zlib1g-dev libsqlite3-dev pkg-config
TEST_PACKAGES := python3 python3-venv openssl curl
RELEASE := --configuration release --static-swift-stdlib
BEST := $$($(SWIFT) build $(RELEASE) --show-bin-path)/best
VENVS := .build/venvs

.PHONY: help deps test-deps build release run check test test-docs hooks test-asan test-tsan fuzz chaos bench bench-ranking lint format install uninstall clean venvs

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

run: release ## build and serve on 127.0.0.1:8000, with mock providers where no key is set; further arguments: make run ARGS='--port 9000'
	@exec $(BEST) serve --demo $(ARGS)

# The official client, current and of the time before 1.0, and a validator of API descriptions, each in an environment of its own.
venvs: test-deps
	@for v in 'current openai' 'legacy openai==0.28.1' 'openapi openapi-spec-validator'; do set -- $$v; \
	  [ -f $(VENVS)/$$1/ready ] || { echo "making the Python environment '$$1' ($$2)"; rm -rf $(VENVS)/$$1; \
	    python3 -m venv $(VENVS)/$$1 && $(VENVS)/$$1/bin/pip install -q --disable-pip-version-check "$$2" && touch $(VENVS)/$$1/ready; } || exit 1; done

# Suites with deadlines and ports of their own run one test at a time and apart from the others, so that a busy machine is not taken for a
# broken gateway.
TIMED := 'EventLoopTests|HTTPServerTests|UpstreamTests'
# One suite or test needs no Python, unless its environments are there already.
WITH_VENVS := $(if $(wildcard $(VENVS)/current/ready),BEST_VENVS=$(abspath $(VENVS)))
REPEAT ?= 1
FILTER ?=
test: $(if $(FILTER),deps,venvs) ## run every test, or with FILTER=regex those of that name; REPEAT=n runs them n times and stops at the first that fails
	$(SWIFT) build --build-tests
	@for run in $$(seq $(REPEAT)); do \
	  [ $(REPEAT) = 1 ] || echo "run $$run of $(REPEAT)"; \
	  if [ -n '$(FILTER)' ]; then $(WITH_VENVS) $(SWIFT) test --skip-build --no-parallel --filter '$(FILTER)' || exit 1; continue; fi; \
	  $(SWIFT) test --skip-build --no-parallel --filter $(TIMED) && \
	  BEST_VENVS=$(abspath $(VENVS)) $(SWIFT) test --skip-build --skip $(TIMED) || exit 1; done

check: deps lint ## check what a commit must not break: the format, the boundaries, and the tests that start no program and wait for no clock
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --skip 'EndToEndTests|'$(TIMED)

hooks: ## have git check the format and the boundaries before each commit
	git config core.hooksPath .githooks

test-docs: deps ## try every command and claim of the README (a part of `make test`)
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --filter Readme

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
# A run of the whole gateway costs a hundred times as much as one of a parser, so its inputs are short. The allocator of the sanitizer is kept quick: where
# an allocation was made is not noted, and what is freed is watched for the length of about one run.
fuzz: deps ## fuzz the parsers and the gateway, FUZZ_SECONDS (60) each, and keep what was learned in .build/corpus
	BEST_FUZZ=1 $(SWIFT) build $(RELEASE) --product Fuzz --scratch-path .build/fuzz --sanitize=address \
	  -Xswiftc -use-ld=lld -Xcc -fsanitize=fuzzer-no-link -Xcc -g0
	@for target in request answer json events failure gateway isolation; do \
	  mkdir -p .build/corpus/$$target; echo "fuzzing: $$target"; \
	  case $$target in gateway|isolation) bounds='-max_len=96 -len_control=10 -entropic=0 -detect_leaks=0';; *) bounds=-max_len=4096;; esac; \
	  SWIFT_BACKTRACE=enable=no SWIFT_DETERMINISTIC_HASHING=1 FUZZ_TARGET=$$target \
	    ASAN_OPTIONS=malloc_context_size=0:max_malloc_fill_size=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=64 \
	    .build/fuzz/release/Fuzz .build/corpus/$$target Tests/Fuzz/Seeds/$$target \
	    -max_total_time=$(FUZZ_SECONDS) $$bounds -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
	    -artifact_prefix=.build/corpus/crash-$$target- || exit 1; done

CHAOS_REQUESTS ?= 50000
CHAOS_SEED ?= 1
chaos: release ## CHAOS_REQUESTS (50000) requests by CHAOS_SEED (1) against a fleet that fails in every way; then 10,000 clients killed
	python3 -B Tests/Chaos/chaos.py --best $(BEST) --requests $(CHAOS_REQUESTS) --seed $(CHAOS_SEED) --progress
	python3 -B Tests/Chaos/kill_clients.py --best $(BEST)

lint: ## check the format, the module boundaries and the words that must not appear
	@$(SWIFT) format lint --strict --recursive Package.swift Sources Tests
	@.ci/boundaries

BENCH_PAIRS ?= 7
bench: release ## measure beside nginx and the direct way, and write the table into the README (installs nginx; 4 minutes)
	@missing=$$(for p in nginx python3; do dpkg -s $$p >/dev/null 2>&1 || printf '%s ' $$p; done); \
	if [ -n "$$missing" ]; then $(MAKE) --no-print-directory apt-install NAMES="$$missing"; fi
	python3 Tests/Bench/bench.py --best $(BEST) --readme README.md --pairs $(BENCH_PAIRS)

bench-ranking: deps ## measure what putting 500 deployments in order costs
	BEST_MICROBENCH=1 $(SWIFT) build --configuration release --product Microbench --scratch-path .build/microbench -Xswiftc -enable-testing
	.build/microbench/release/Microbench

# A service's configuration is in /etc (ConfigurationDirectory=); a PREFIX of one's own keeps it to itself.
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)
UNITS := $(notdir $(wildcard config/systemd/*))
install: release ## install the program, its starter configuration and the systemd unit below PREFIX (/usr/local)
	install -D -m 755 $(BEST) $(DESTDIR)$(PREFIX)/bin/best
	@for f in config/*.yaml config/*.json; do to=$(DESTDIR)$(SYSCONFDIR)/best/$$(basename $$f); \
	  if [ -e $$to ]; then echo "kept: $$to"; else install -D -m 644 $$f $$to && echo "installed: $$to"; fi; done
	@for f in $(UNITS); do to=$(DESTDIR)$(PREFIX)/lib/systemd/system/$$f; install -d $$(dirname $$to) && \
	  sed -e 's|/usr/local/|$(PREFIX)/|g' -e 's|/etc/best|$(SYSCONFDIR)/best|g' config/systemd/$$f >$$to && chmod 644 $$to && echo "installed: $$to"; done
	@echo "start it with: $(PREFIX)/bin/best serve --config $(SYSCONFDIR)/best"
	@echo "or as a service: systemctl daemon-reload && systemctl enable --now best"

uninstall: ## remove what install put there; the configuration, where it was changed, and the data stay
	rm -f $(DESTDIR)$(PREFIX)/bin/best $(UNITS:%=$(DESTDIR)$(PREFIX)/lib/systemd/system/%)
	@for f in config/*.yaml config/*.json; do to=$(DESTDIR)$(SYSCONFDIR)/best/$$(basename $$f); \
	  if cmp -s $$f $$to; then rm -f $$to; elif [ -e $$to ]; then echo "kept: $$to"; fi; done
	@rmdir $(DESTDIR)$(SYSCONFDIR)/best 2>/dev/null || true

format: ## format the sources in place
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

clean: ## remove everything that was built
	rm -rf .build
