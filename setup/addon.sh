#!/bin/sh
# Builds the native addon: build/weir.node (memory mapping, BPF, live capture) and, where nDPI is installed,
# build/weir-ndpi.node.
# weir's core works without either: what is missing is named on standard error, and the exit status is always 0.
# CC and CFLAGS are respected.
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
# build OUTPUT ARGUMENTS...: a library; an older one stays in use by who has it open, and goes when this one fails.
build() {
  output=$1
  shift
  # shellcheck disable=SC2086 # flags are words
  if "$compiler" -std=gnu11 -O2 -Wall -Wextra ${CFLAGS-} -fPIC -shared -fvisibility=hidden -fstack-protector-strong \
    -isystem "$headers" -o "$output.new" "$@" -Wl,-z,relro,-z,now 2>>"$log"; then
    mv -f "$output.new" "$output"
  else
    rm -f "$output.new" "$output"
    return 1
  fi
}

if ! build build/weir.node native/addon.c native/arguments.c native/mmap.c native/bpf.c \
  native/ring.c native/send.c; then
  say "did not compile: left out ($log tells why)"
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
exit 0
