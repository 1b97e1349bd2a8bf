# weir: `make demo` shows it, `make test` tests it, `make help` lists the rest. Every target sets up what it needs, once.

NODE = $(shell [ -x .node/bin/node ] && echo .node/bin/node || echo node)
BIN = node_modules/.bin
# What the core uses when it is there (nDPI, RE2, libinjection out of libmodsecurity), what builds the addon, and what
# the tests run as real peers.
RUNTIME_PACKAGES = gcc g++ libc6-dev libndpi-dev libre2-dev libmodsecurity3
TEST_PACKAGES = tcpdump tshark iproute2 ethtool util-linux systemd curl openssl openssh-client dropbear-bin \
  bind9-dnsutils dnsmasq-base busybox nginx nmap python3 python3-aiosmtpd python3-pyftpdlib ngtcp2-client ngtcp2-server \
  libmodsecurity-dev modsecurity-crs pcre2-utils haproxy wrk nftables mitmproxy chromium

HAPROXY_TESTS = 'src/mitm/haproxy/**/*.test.ts' src/cli/haproxy-cli.test.ts src/mitm/gateway/captcha.test.ts
WEB = $(shell find web -type f)

.PHONY: always help setup console demo test check bench fuzz addon doctor docs screenshots test-haproxy lint \
  clean

help:
	@echo 'make demo    read the bundled captures, then a living weir with its console; Ctrl-C ends it'
	@echo 'make test    all tests (unit, property, conformance, golden)'
	@echo 'make check   types, lint and format'
	@echo 'make bench   speed and memory, beside the peers that are installed'
	@echo 'make fuzz    mutated input for every decoder and parser, 10 minutes'
	@echo 'make addon   the native addon'
	@echo 'make console the console, ready to be served'
	@echo 'make doctor  what of weir works on this machine'
	@echo 'make docs    the pages that are made from the schemas'
	@echo 'make test-haproxy  the agent with HAProxy 3.0 and later, taken from Debian'
	@echo 'make screenshots  the pictures of the README'

setup: build/node.ready build/packages.ready build/system.ready build/addon.ready build/console.ready

# Looks each time, for a Node comes and goes by other ways than make; the file changes when the Node does.
build/node.ready: always
	@setup/node.sh $@

build/packages.ready: package.json package-lock.json build/node.ready
	@PATH="$(CURDIR)/.node/bin:$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch $@

build/system.ready: setup/system-packages.sh Makefile
	@mkdir -p build
	@setup/system-packages.sh $(RUNTIME_PACKAGES)
	@touch $@

build/test-system.ready: setup/system-packages.sh Makefile
	@mkdir -p build
	@setup/system-packages.sh $(TEST_PACKAGES)
	@touch $@

build/addon.ready: build/packages.ready build/system.ready setup/addon.sh $(wildcard native/*)
	@setup/addon.sh
	@touch $@

build/console.ready: build/packages.ready $(WEB)
	@$(NODE) node_modules/vite/bin/vite.js build --config web/vite.config.ts --logLevel warn
	@touch $@

console: build/console.ready

# Builds again whatever the state is: a library may have been installed since.
addon: build/packages.ready build/system.ready
	@setup/addon.sh

demo: setup
	@./weir read demo/captures
	@$(NODE) demo/run.ts

test: setup build/test-system.ready
	@$(NODE) --test --test-reporter=spec 'src/**/*.test.ts' 'test/**/*.test.ts' 'lab/**/*.test.ts' 'web/src/**/*.test.ts'

# What stands behind HAProxy, with the releases that Debian 13 and Debian sid have beside the system's own.
test-haproxy: setup build/test-system.ready
	@for release in trixie sid; do \
	  program=$$(setup/haproxy-release.sh $$release) || exit 1; \
	  PATH="$$program:$$PATH" $(NODE) --test $(HAPROXY_TESTS) || exit 1; \
	done

# The pictures of the README, made by the tests of the console.
screenshots: setup build/test-system.ready
	@WEIR_SCREENSHOTS=docs/images $(NODE) --test test/console/readme.test.ts

check: build/node.ready build/packages.ready
	@$(BIN)/tsc -p .
	@$(BIN)/tsc -p web
	@$(BIN)/biome check --error-on-warnings .

lint: build/packages.ready
	@$(BIN)/biome check --write .

bench: setup
	@$(NODE) bench/run.ts
	@$(NODE) bench/live.ts
	@$(NODE) bench/active/haproxy.ts
	@$(NODE) bench/active/proxy.ts
	@$(NODE) --single-threaded-gc bench/active/overload.ts --rate 2000 --ways none,slow
	@$(NODE) bench/active/anomaly.ts
	@$(NODE) bench/api/load.ts
	@$(NODE) bench/console/run.ts

fuzz: setup
	@$(NODE) test/fuzz/run.ts
	@$(NODE) test/fuzz/run.ts --waf
	@$(NODE) test/fuzz/run.ts --web
	@$(NODE) test/fuzz/run.ts --waf-soak 100000

doctor: setup
	@./weir doctor

docs: build/packages.ready
	@$(NODE) setup/generate-docs.ts

clean:
	rm -rf build node_modules .node
