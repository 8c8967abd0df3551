#!/bin/sh
# Sees to it that tests find a logrotate, where apt can install one; elsewhere they are skipped.
set -eu

if PATH="$PATH:/usr/sbin:/sbin" command -v logrotate >/dev/null; then
  exit 0
fi

if [ "$(id -u)" = 0 ]; then
  sudo=
else
  sudo='sudo -n'
fi

if command -v apt-get >/dev/null && $sudo true 2>/dev/null; then
  # Another apt may be at work. Without a network, lists of earlier may do; if not, so be it.
  $sudo apt-get update -q -o DPkg::Lock::Timeout=120 || true
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -yq --no-install-recommends \
    -o DPkg::Lock::Timeout=120 logrotate || echo "no logrotate: its tests are skipped" >&2
else
  echo "no logrotate: its tests are skipped" >&2
fi
