#!/usr/bin/env bash
# Builds everything, installs what the tests need and is missing, runs them all. The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")" || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

give_up() {
  echo "test.sh: $1" >&2
  echo "0 passed, 1 failed"
  exit 1
}

# need COMMAND PACKAGE: a Debian package that a test uses, installed where we may.
need() {
  command -v "$1" >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || give_up "'$1' is missing: install the package '$2'."
  [ -e "$results/updated" ] || { apt-get update -qq && touch "$results/updated"; } || give_up "the package lists can't be read."
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null || give_up "the package '$2' can't be installed."
}

# install FOLDER: the npm packages that its lock names, unless they are there. Ends the shell that it runs in where they can't be had.
install() {
  local folder="CredentialProxy.Tests/$1"
  [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] && return
  npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error || give_up "the packages of '$folder' can't be installed."
}

command -v dotnet >/dev/null || give_up "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download"
command -v node >/dev/null || give_up "Node 20 or later is missing: https://nodejs.org"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || give_up "Node is older than version 20."
need curl curl
# Debian keeps the server out of the path.
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || need postgres postgresql
need redis-server redis-server
# Debian keeps it out of a user's path.
PATH="$PATH:/usr/sbin"
need haproxy haproxy
need kubectl kubernetes-client

echo "== client libraries, agents and schemas"
# Fetched while the build reckons.
(install Clients/node && install Clients/agents && install Kubernetes/schema) &
clients=$!
echo "== build"
dotnet build CredentialProxy.slnf -c Release --nologo -v quiet || give_up "the build failed."
wait "$clients" || give_up "the client libraries can't be installed."
echo "== tests, and beside them the format"
# The build has held the code to every rule of style that an analyzer knows; left are white space and the order of imports. Tests wait much, and so leave it time; but none that they need.
(nice -n 10 dotnet format whitespace CredentialProxy.slnf --no-restore --verify-no-changes \
  && nice -n 10 dotnet format style CredentialProxy.slnf --diagnostics IMPORTS --no-restore --verify-no-changes) >"$results/format" 2>&1 &
format=$!
# They start many processes, none of which lives long enough to gain by what the runtime learns of it. And they wait more than they reckon: four at a time keep two cores busy.
DOTNET_TieredPGO=0 dotnet CredentialProxy.Tests/bin/Release/net10.0/CredentialProxy.Tests.dll -noColor -maxThreads 4 -result-ctrf "$results/results.json"
exit_code=$?
wait "$format" || { cat "$results/format"; give_up "the code is not formatted: run 'dotnet format CredentialProxy.slnf'."; }
[ -s "$results/results.json" ] || give_up "the tests left no results."
node -e '
  const { summary } = JSON.parse(require("fs").readFileSync(process.argv[1])).results;
  const notRun = summary.tests - summary.passed - summary.failed;
  if (notRun > 0) console.error(`test.sh: ${notRun} tests were skipped; none may be.`);
  console.log(`${summary.passed} passed, ${summary.failed} failed`);
  process.exit(summary.failed === 0 && summary.passed > 0 && notRun === 0 && process.argv[2] === "0" ? 0 : 1);
' "$results/results.json" "$exit_code"
