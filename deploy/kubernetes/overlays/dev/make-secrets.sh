#!/usr/bin/env bash
# Makes the secrets of a cluster for development, with values that nobody knows, unless they are there. Nothing of them is written to a file.
set -euo pipefail

namespace=credential-proxy
kubectl create namespace "$namespace" --dry-run=client -o yaml | kubectl apply -f -

# make NAME KEY=VALUE…: a secret, unless there is one; a new password would not be that of what runs.
make() {
  local name=$1
  shift
  kubectl -n "$namespace" get secret "$name" >/dev/null 2>&1 && return
  printf '%s\n' "$@" | kubectl -n "$namespace" create secret generic "$name" --from-env-file=/dev/stdin
}

make credential-proxy-master-key "master-key=$(openssl rand -base64 32)"
make credential-proxy-admin-key "admin-key=$(openssl rand -hex 24)"
password=$(openssl rand -hex 24)
make credential-proxy-redis "password=$password" "connection-string=redis:6379,password=$password"
password=$(openssl rand -hex 24)
make credential-proxy-postgres "password=$password" "connection-string=Host=postgres;Database=credential_proxy;Username=credential_proxy;Password=$password"
