#!/bin/sh
# Becomes Postgres, out of BINARIES. SERVER_DATA, SERVER_PORT and SERVER_PASSWORD say where and who.
set -eu
mkdir -p "$(dirname "$SERVER_DATA")"
umask 077
mkdir -p "$SERVER_DATA"
as=
if [ "$(id -u)" = 0 ]; then
  # Postgres refuses to run as root.
  chown postgres "$SERVER_DATA"
  as='setpriv --reuid=postgres --regid=postgres --init-groups'
  $as test -x "$SERVER_DATA" || { echo "The user 'postgres' can't reach $SERVER_DATA: set Local__Data to a directory that it can." >&2; exit 1; }
fi
cd "$SERVER_DATA"
if [ ! -e "$SERVER_DATA/store/PG_VERSION" ]; then
  # Through a file, for arguments are every user's to read. Made where nobody else gets in; what an initdb that was killed left behind goes.
  printf '%s' "$SERVER_PASSWORD" > password
  [ -z "$as" ] || chown postgres password
  rm -rf store new
  $as "$BINARIES/initdb" -D "$SERVER_DATA/new" -U postgres -A scram-sha-256 --pwfile="$SERVER_DATA/password" -E UTF8 --no-locale
  rm password
  mv new store
fi
unset SERVER_PASSWORD
# Only its own port: no socket in a directory that others share.
exec $as "$BINARIES/postgres" -D "$SERVER_DATA/store" -h 127.0.0.1 -p "$SERVER_PORT" -c unix_socket_directories=
