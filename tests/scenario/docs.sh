#!/bin/bash
# What the documents say is what the program does: the page of errors, the two commands at the top of the README, the
# options and files that it shows, what check says of its plan, and the tests that docs/capabilities.md names.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

holds() { # holds NAME COMMAND...: one case
    local name=$1
    shift
    if "$@" >"$WB_TMP/out" 2>&1; then case_ok "$name"; else case_fail "$name" "$(tail -3 "$WB_TMP/out")"; fi
}

"$WHIMBREL" errors >"$WB_TMP/errors.md"
holds "docs/errors.md is the output of whimbrel errors" diff "$WB_TMP/errors.md" docs/errors.md
for command in 'make demo' 'make check'; do
    holds "README shows $command" grep -q "^    $command" README.md
done
help=$(for command in copy verify check run status approve rollback resume; do "$WHIMBREL" $command --help; done
    "$WB_BUILD_DIR/tools/shopapp" --help)
for option in $(grep -o -- '--[a-z][a-z-]*' README.md docs/demo.md | cut -d : -f 2 | sort -u); do
    case $option in --help | --customers | --seed | --traps | --socket | --database) continue ;; esac
    holds "$option of README or docs/demo.md is an option" grep -q -- "^  $option\b" <<<"$help"
done
"$WHIMBREL" check examples/shop.md --offline >"$WB_TMP/check"
for line in '  83:21    auto     entry      Copy complete' '4 phases: 41 lines auto, 5 manual, 0 unbound; 0 errors, 0 warnings, 1 note'; do
    holds "README shows what check says: $line" grep -qxF "    $line" README.md
    holds "check says: $line" grep -qxF -- "$line" "$WB_TMP/check"
done
for file in $(grep -o '](\([a-zA-Z/_.-]*\))' README.md | tr -d ']()' | sort -u); do
    holds "README: $file is there" test -e "$file"
done
for test in $(grep -o '`\(unit\|scenario\|crash\|conformance\|fuzz\)/[a-z_/]*\.\(sh\|c\)`' docs/capabilities.md | tr -d '`' | sort -u); do
    holds "docs/capabilities.md: $test is there" test -e "tests/$test"
done
wb_finish
