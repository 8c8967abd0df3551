#!/bin/sh
# Sees to it that the browser tests find a Chromium; ui-tests/playwright.config.ts looks in the same places.
set -eu
cd "$(dirname "$0")/.."

for candidate in "${CHROMIUM_PATH:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
  if [ -n "$candidate" ] && [ -x "$candidate" ]; then
    exit 0
  fi
done

if [ "$(id -u)" = 0 ]; then
  sudo=
else
  sudo='sudo -n'
fi

if command -v apt-get >/dev/null && $sudo true 2>/dev/null; then
  $sudo apt-get update -q
  # A page without a font has no text to look at.
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -yq --no-install-recommends chromium fonts-liberation
else
  cd ui-tests
  jlpm playwright install chromium
fi
