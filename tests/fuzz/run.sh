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
# 10 s and 2 GB are what an input of 1 MB may take.
"$program" -runs="$runs" -seed=1 -max_len=32768 -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
  -artifact_prefix="$found/" -verbosity=1 -print_final_stats=1 "$new" "$@"
