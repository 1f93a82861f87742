#!/usr/bin/env bash
# Fuzzes every reader of hostile bytes, guided by coverage: eng/fuzz/run.sh [MINUTES [TARGET...]], a minute each and all targets by default.
# Exits with 1 after a crash or a hang, whose input is then in artifacts/fuzz/findings. Needs afl-fuzz (Debian package afl++). Uses one core, at the lowest priority.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v afl-fuzz >/dev/null || { echo "run.sh: afl-fuzz is missing: install the package 'afl++'." >&2; exit 2; }

minutes=${1:-1}
shift || true
out=$PWD/artifacts/fuzz
plain=$out/plain/CredentialProxy.Fuzzing.dll
instrumented=$out/instrumented/CredentialProxy.Fuzzing.dll
rm -rf "$out"
mkdir -p "$out/findings" "$out/words"

# Instrumented code runs under afl-fuzz only: it writes its trace into memory that it gets from there.
dotnet publish CredentialProxy.Fuzzing -c Release -o "$out/plain" --nologo -v quiet
cp -r "$out/plain" "$out/instrumented"
(
  cd eng/fuzz
  dotnet tool restore >/dev/null
  for assembly in Core Gateway; do dotnet tool run sharpfuzz "$out/instrumented/CredentialProxy.$assembly.dll"; done
)

# The .NET host is not instrumented and .NET's crashes are no signals; the machine is taken as it is.
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1 AFL_FORKSRV_INIT_TMOUT=60000
export DOTNET_TieredPGO=0

stat() { sed -n "s/^$1 *: //p" "$out/findings/$2/default/fuzzer_stats"; }

failed=0
[ $# -gt 0 ] || mapfile -t targets < <(dotnet "$plain" list)
[ $# -eq 0 ] || targets=("$@")
printf '%-16s %12s %10s %8s %8s %8s\n' target cases cases/s inputs crashes hangs
for target in "${targets[@]}"; do
  seeds=CredentialProxy.Fuzzing/Seeds/$target
  # afl-fuzz passes over a seed that breaks something.
  dotnet "$plain" replay "$target" "$seeds"/* >"$out/findings/$target.replay" 2>&1 || { cat "$out/findings/$target.replay" >&2; failed=1; }
  dotnet "$plain" words "$target" >"$out/words/$target"
  nice -n 19 afl-fuzz -i "$seeds" -o "$out/findings/$target" -x "$out/words/$target" -V $((minutes * 60)) -t 5000 -m none -- dotnet "$instrumented" fuzz "$target" \
    >"$out/findings/$target.log" 2>&1 || { tail -n 20 "$out/findings/$target.log" >&2; exit 1; }
  crashes=$(stat saved_crashes "$target") hangs=$(stat saved_hangs "$target")
  printf '%-16s %12d %10.0f %8d %8d %8d\n' "$target" "$(stat execs_done "$target")" "$(stat execs_per_sec "$target")" "$(stat corpus_count "$target")" "$crashes" "$hangs"
  [ "$(stat execs_done "$target")" -gt 0 ] && [ "$crashes" = 0 ] && [ "$hangs" = 0 ] || failed=1
done
exit $failed
