#!/bin/bash
# corpus_verdicts.sh -- what `ipsecc check` says of the shared corpus, against what its index says that real programs said.
cd "$(dirname "$0")/../.." || exit 2
exec "${BUILD:-build}/tests/corpus_verdicts" docs/compatibility.md
