#!/bin/sh
# Sees to it that the tests in Firefox find one; ui-tests/firefox/browser.mjs looks in the same places.
set -eu

for candidate in "${FIREFOX_PATH:-}" /usr/bin/firefox-esr /usr/bin/firefox; do
  if [ -n "$candidate" ] && [ -x "$candidate" ]; then
    exit 0
  fi
done

if [ "$(id -u)" = 0 ]; then
  sudo=
else
  sudo='sudo -n'
fi

$sudo apt-get update -q
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -yq --no-install-recommends firefox-esr fonts-liberation
