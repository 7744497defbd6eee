#!/bin/bash
# The demo's shop is the same for the same seed, and the demo itself runs to its end on a small one.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

holds() { # holds NAME COMMAND...: one case
    local name=$1
    shift
    if "$@" >"$WB_TMP/out" 2>&1; then case_ok "$name"; else case_fail "$name" "$(tail -3 "$WB_TMP/out")"; fi
}
shopgen=$WB_BUILD_DIR/tools/shopgen
if [[ ! -x $shopgen ]]; then
    echo "no shopgen in $WB_BUILD_DIR"
    exit 1
fi
"$shopgen" sqlite "$WB_TMP/one.db" --customers 300 >/dev/null
"$shopgen" sqlite "$WB_TMP/two.db" --customers 300 >/dev/null
holds "the same seed makes the same file" cmp "$WB_TMP/one.db" "$WB_TMP/two.db"
holds "a file that holds something is refused" bash -c '! "$1" sqlite "$2"' - "$shopgen" "$WB_TMP/one.db"
holds "make demo runs to its end" env BUILD="$WB_BUILD_DIR" DEMO_CUSTOMERS=4000 TMPDIR="$WB_TMP" bash scripts/demo
wb_finish
