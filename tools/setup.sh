#!/usr/bin/env bash
# Makes sure that the programs that a target needs are there: installs what is missing from
# Debian's packages when run as root, else says what to install.
#   tools/setup.sh [extra-command...]     e.g. tools/setup.sh wrk
set -euo pipefail

# command → Debian package
package_of() {
  case "$1" in
    cc) echo gcc ;;
    node) echo nodejs ;;
    pkg-config) echo pkg-config ;;
    *) echo "$1" ;;
  esac
}

missing=()
for command in cc make node npm sqlite3 "$@"; do
  command -v "$command" >/dev/null 2>&1 || missing+=("$command")
done

if ((${#missing[@]} > 0)); then
  packages=()
  for command in "${missing[@]}"; do packages+=("$(package_of "$command")"); done
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null 2>&1; then
    echo "setup: installing ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq "${packages[@]}" >/dev/null 2>&1 ||
      { apt-get update -qq && apt-get install -y -qq "${packages[@]}" >/dev/null; }
  else
    echo "setup: these commands are missing: ${missing[*]}" >&2
    echo "setup: on Debian, run as root: apt-get install ${packages[*]}" >&2
    exit 1
  fi
fi

if ! command -v cargo >/dev/null 2>&1; then
  echo "setup: cargo is missing: install the stable Rust toolchain (1.94 or later) with rustup, see https://rustup.rs" >&2
  exit 1
fi

# Python is asked for by name; what needs it here needs one that still has distutils, and venv.
for command in "$@"; do
  [[ $command == python3 ]] || continue
  python=${PYTHON:-python3}
  if ! "$python" -W ignore -c 'import distutils, ensurepip' >/dev/null 2>&1; then
    echo "setup: Python 3.10 or 3.11 with venv is needed (on Debian 12: apt-get install python3-venv), $python is not one: name another with PYTHON=/path/to/python3.11" >&2
    exit 1
  fi
done

node_major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
if ((node_major < 20)); then
  echo "setup: Node 20 or later is needed, this is $(node --version)" >&2
  exit 1
fi
