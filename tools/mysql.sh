#!/usr/bin/env bash
# A MySQL server for the tests that otherwise run on MariaDB: Debian's stable release has none, its
# unstable one has. The packages are unpacked into a folder of their own and run by their own loader,
# so nothing of this machine changes, and no root is needed.
#   tools/mysql.sh         fetches it once, starts it on 127.0.0.1:3308, says how to test on it
#   tools/mysql.sh stop    stops it; its databases stay
# LEVERS_MYSQL_DIR says where (default ~/.cache/levers/mysql), LEVERS_MYSQL_PORT on which port.
set -euo pipefail

dir=${LEVERS_MYSQL_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/levers/mysql}
port=${LEVERS_MYSQL_PORT:-3308}
root=$dir/root

fetch() {
  echo "mysql: fetching the server from Debian's unstable packages into $dir"
  mkdir -p "$dir"/apt/{sources,lists/partial,cache/archives/partial}
  # The mirror of the machine's own configuration.
  local mirror keys=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Label: Debian' | sed -n 1p)
  if [[ -z $mirror ]]; then
    echo "mysql: this machine has no Debian packages (or apt-get update never ran); set LEVERS_TEST_MYSQL_URL to a server of yours" >&2
    exit 1
  fi
  printf 'Types: deb\nURIs: %s\nSuites: sid\nComponents: main\nSigned-By: %s\n' "$mirror" "$keys" >"$dir/apt/sources/sid.sources"
  cat >"$dir/apt/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$dir/apt/sources";
Dir::State::lists "$dir/apt/lists";
Dir::State::status "/dev/null";
Dir::Cache "$dir/apt/cache";
Debug::NoLocking "true";
APT::Sandbox::User "";
CONF
  export APT_CONFIG=$dir/apt/apt.conf
  apt-get update -qq
  apt-get install -y -qq --download-only --no-install-recommends mysql-server-core >/dev/null
  rm -rf "$root.new"
  mkdir "$root.new"
  for package in "$dir"/apt/cache/archives/*.deb; do dpkg -x "$package" "$root.new"; done
  rm -rf "$dir/apt"
  mv "$root.new" "$root"
}

mysqld() {
  "$root"/usr/lib64/ld-linux-*.so.2 --library-path "$root/usr/lib/$(uname -m)-linux-gnu" "$root/usr/sbin/mysqld" --no-defaults \
    --user="$(id -un)" --basedir="$root/usr" --datadir="$dir/data" --lc-messages-dir="$root/usr/share/mysql" --plugin-dir="$root/usr/lib/mysql/plugin" "$@"
}

answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

running() {
  [[ -s $dir/pid ]] && kill -0 "$(<"$dir/pid")" 2>/dev/null
}

case "${1:-start}" in
  stop)
    if running; then kill "$(<"$dir/pid")" && echo 'mysql: stopping'; else echo 'mysql: it does not run'; fi
    exit
    ;;
  start) ;;
  *)
    echo "mysql: unknown word “$1”: it takes start or stop" >&2
    exit 2
    ;;
esac

[[ -x $root/usr/sbin/mysqld ]] || fetch
if ! running; then
  if answers; then
    echo "mysql: another program is on port $port; choose one with LEVERS_MYSQL_PORT" >&2
    exit 1
  fi
  if [[ ! -d $dir/data/mysql ]]; then
    rm -rf "$dir/data"
    # Its root has no password; only this machine can reach it.
    mysqld --initialize-insecure 2>"$dir/log" || { tail "$dir/log" >&2; exit 1; }
  fi
  mysqld --port="$port" --bind-address=127.0.0.1 --socket="$dir/socket" --pid-file="$dir/pid" --mysqlx=OFF --secure-file-priv=NULL \
    --innodb-buffer-pool-size=64M --performance-schema=OFF --skip-log-bin >/dev/null 2>"$dir/log" </dev/null &
  for _ in {1..60}; do answers && break || sleep 0.5; done
  answers || { tail "$dir/log" >&2; exit 1; }
fi
echo "mysql: it runs. To test on it instead of MariaDB:"
echo "  LEVERS_TEST_MYSQL_URL=mysql://root@127.0.0.1:$port/mysql cargo nextest run -p levers-source-sql"
echo "  LEVERS_TEST_MYSQL_URL=mysql://root@127.0.0.1:$port/mysql make conformance"
