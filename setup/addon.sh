#!/bin/sh
# Builds the native addon: build/weir.node (memory mapping, BPF, live capture, destinations of redirected
# connections), where nDPI is installed build/weir-ndpi.node, and where RE2 is, build/weir-re2.node.
# weir's core works without any: what is missing is named on standard error, and the exit status is always 0.
# CC, CFLAGS, CXX and CXXFLAGS are respected.
set -u
cd "$(dirname -- "$0")/.." || exit 0
say() { echo "addon: $*" >&2; }

node=.node/bin/node
[ -x "$node" ] || node=node
compiler=${CC:-cc}
command -v "$compiler" >/dev/null 2>&1 || {
  say "no C compiler: left out (Debian: apt-get install gcc libc6-dev, then run setup/addon.sh)"
  exit 0
}
headers=$("$node" -p 'require("node-api-headers").include_dir' 2>/dev/null) || headers=
[ -n "$headers" ] || {
  say "no node-api-headers: left out (npm ci, then run setup/addon.sh)"
  exit 0
}
if ! echo '#include <linux/filter.h>' | "$compiler" -E -o /dev/null - 2>/dev/null; then
  say "no headers of the C library and the kernel: left out (Debian: apt-get install libc6-dev, then run setup/addon.sh)"
  exit 0
fi

mkdir -p build
log=build/addon.log
: >"$log"
# link OUTPUT COMMAND...: a library; an older one stays in use by who has it open, and goes when this one fails.
link() {
  output=$1
  shift
  if "$@" -O2 -Wall -Wextra -fPIC -shared -fvisibility=hidden -fstack-protector-strong -isystem "$headers" \
    -o "$output.new" -Wl,-z,relro,-z,now 2>>"$log"; then
    mv -f "$output.new" "$output"
  else
    rm -f "$output.new" "$output"
    return 1
  fi
}
# build OUTPUT ARGUMENTS...: a library from C.
build() {
  output=$1
  shift
  # shellcheck disable=SC2086 # flags are words
  link "$output" "$compiler" -std=gnu11 ${CFLAGS-} "$@"
}

if ! build build/weir.node native/addon.c native/arguments.c native/mmap.c native/bpf.c \
  native/ring.c native/send.c native/memory.c native/schedule.c native/destination.c native/ebpf.c \
  native/xdp.c native/netlink.c; then
  say "did not compile: left out ($log tells why)"
fi

# libmodsecurity is looked for when a rule asks for libinjection, not here.
if ! build build/weir-injection.node native/injection.c native/arguments.c -ldl; then
  say "the bridge to libinjection did not compile: left out ($log tells why)"
fi

# The flags by which the compiler finds nDPI, where it was not installed where compilers look.
flags=$(pkg-config --cflags-only-I libndpi 2>/dev/null | sed 's|/ndpi *$||; s|/ndpi | |g')
libraries=$(pkg-config --libs-only-L libndpi 2>/dev/null)
# shellcheck disable=SC2086 # flags are words
if ! echo '#include <ndpi/ndpi_api.h>' | "$compiler" $flags -E -o /dev/null - 2>/dev/null; then
  rm -f build/weir-ndpi.node
  say "no nDPI: left out (Debian: apt-get install libndpi-dev, then run setup/addon.sh)"
elif ! build build/weir-ndpi.node $flags native/ndpi.c native/arguments.c $libraries -lndpi -lpthread; then
  say "the installed nDPI is not one that is known here (4.2 to 5.x): left out ($log tells why)"
fi

cxx=${CXX:-c++}
flags=$(pkg-config --cflags re2 2>/dev/null)
libraries=$(pkg-config --libs re2 2>/dev/null) || libraries=-lre2
if ! command -v "$cxx" >/dev/null 2>&1; then
  rm -f build/weir-re2.node
  say "no C++ compiler, for RE2: left out (Debian: apt-get install g++ libre2-dev, then run setup/addon.sh)"
# shellcheck disable=SC2086 # flags are words
elif ! echo '#include <re2/re2.h>' | "$cxx" $flags -std=c++17 -x c++ -E -o /dev/null - 2>/dev/null; then
  rm -f build/weir-re2.node
  say "no RE2: left out (Debian: apt-get install libre2-dev, then run setup/addon.sh)"
# shellcheck disable=SC2086 # flags are words
elif ! link build/weir-re2.node "$cxx" $flags -std=c++17 ${CXXFLAGS-} native/re2.cc $libraries; then
  say "the installed RE2 is not one that is known here: left out ($log tells why)"
fi
exit 0
