#!/usr/bin/env bash
# Runs a fuzzing target on a fixed number of inputs, always the same ones: all that is in the given folders,
# then what is made of them.
#
#   tests/fuzz/run.sh <program> <runs> <folder for what fails> <folder of inputs>...
set -euo pipefail
program=$1 runs=$2 found=$3
shift 3
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
mkdir -p "$found"
# 10 s and 2 GB are what an input of 1 MB may take. libFuzzer goes by the clock, which a busy machine stretches:
# what takes 10 s by that is run again, alone, with 10 s of CPU.
limits=(-rss_limit_mb=2048 -malloc_limit_mb=1024)
"$program" -runs="$runs" -seed=1 -max_len=32768 -timeout=120 -report_slow_units=10 "${limits[@]}" \
  -artifact_prefix="$found/" -verbosity=1 -print_final_stats=1 "$new" "$@"
for slow in "$found"/slow-unit-*; do
  [ -e "$slow" ] || continue
  (ulimit -t 10 && "$program" "${limits[@]}" "$slow") || { echo "$slow takes more than 10 s of CPU"; exit 1; }
  rm "$slow"
done
