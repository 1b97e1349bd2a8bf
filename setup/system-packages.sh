#!/bin/sh
# Installs Debian packages given as arguments when run as root on a Debian-like system; otherwise prints the
# command that does. weir's core works without any of them: the exit status is always 0.
set -u
missing=
for package in "$@"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  case $status in *"ok installed"*) ;; *) missing="$missing $package" ;; esac
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "Not a Debian-like system: what these packages bring is left out:$missing" >&2
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "For everything that weir can do, run: sudo apt-get install -y$missing" >&2
  exit 0
fi
echo "Installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # package names are words
apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 ||
  { apt-get update >/dev/null 2>&1 && apt-get install -y --no-install-recommends $missing >/dev/null; } ||
  echo "Could not install:$missing (what they bring is left out)" >&2
exit 0
