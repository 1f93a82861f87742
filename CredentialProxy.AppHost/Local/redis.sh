#!/bin/sh
# Becomes Redis. Arguments are its own; SERVER_DATA, SERVER_PORT and SERVER_PASSWORD say where and who.
set -eu
mkdir -p "$(dirname "$SERVER_DATA")"
umask 077
mkdir -p "$SERVER_DATA"
# Not as an argument, which every user of the machine may read.
printf 'requirepass %s\n' "$SERVER_PASSWORD" > "$SERVER_DATA/redis.conf"
unset SERVER_PASSWORD
exec redis-server "$SERVER_DATA/redis.conf" --bind 127.0.0.1 --port "$SERVER_PORT" --dir "$SERVER_DATA" --save "" "$@"
