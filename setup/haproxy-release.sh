#!/bin/sh
# Takes the HAProxy of a release of Debian (trixie: 3.0, sid: 3.2 and later) and its libraries into build/haproxy/RELEASE,
# without touching the system, and prints the folder of its program, for the beginning of PATH. Needs apt.
set -eu
cd "$(dirname -- "$0")/.."
release=${1:?usage: setup/haproxy-release.sh RELEASE}
case $release in *[!a-z-]*) echo "'$release' is no release of Debian" >&2; exit 2 ;; esac
folder=$PWD/build/haproxy/$release
if [ ! -x "$folder/program/haproxy" ]; then
  command -v apt-get >/dev/null 2>&1 || { echo "apt-get is needed to take HAProxy from Debian" >&2; exit 1; }
  rm -rf "$folder"
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/packages" "$folder/root" "$folder/program"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $release main" \
    >"$folder/sources.list"
  apt() {
    apt-get -qq -o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=- \
      -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root "$@" >&2
  }
  apt update
  (cd "$folder/packages" && apt download haproxy libc6 libcrypt1 libgcc-s1 libjemalloc2 liblua5.4-0 \
    libopentracing-c-wrapper0t64 libopentracing1 libpcre2-8-0 libssl3t64 libstdc++6 libzstd1 zlib1g)
  for package in "$folder"/packages/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
  loader=$(find "$folder/root" -name 'ld-linux-*.so.*' | head -n 1)
  libraries=$(find "$folder/root" -name 'lib*.so.*' -exec dirname {} + | sort -u | paste -sd :)
  printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$libraries" "$folder/root/usr/sbin/haproxy" \
    >"$folder/program/haproxy"
  chmod +x "$folder/program/haproxy"
  rm -rf "$folder/lists" "$folder/cache" "$folder/packages"
fi
"$folder/program/haproxy" -v >&2
echo "$folder/program"
