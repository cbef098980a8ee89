#!/usr/bin/env bash
# Make sure that the browser tests find Chromium; on a Debian machine, install it.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
  echo "no Chromium found: install it (Debian: apt-get install chromium), or the browser tests are skipped" >&2
fi
