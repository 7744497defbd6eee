#!/bin/bash
# What is installed for systemd: a unit that systemd accepts and calls well confined, which restarts after the exit
# codes of faults and not after those that are for a person.
. "$(dirname "$0")/../lib.sh"

DESTDIR=$WB_TMP/installed meson install -C "$WB_BUILD_DIR" --no-rebuild --quiet > "$WB_TMP/install" 2>&1 ||
    case_fail "make install" "$(tail -n 3 "$WB_TMP/install")"
unit=$(find "$WB_TMP/installed" -path '*/lib/systemd/system/whimbrel@.service')
sysusers=$(find "$WB_TMP/installed" -path '*/lib/sysusers.d/whimbrel.conf')
of() { sed -n "s/^$1=//p" "$unit"; }

wb_case "it is where systemd looks, and runs the program that was installed beside it"
assert_match '/lib/systemd/system/whimbrel@.service$' "$unit"
program=$(of ExecStart)
program=${program%% *}
[ -x "$WB_TMP/installed$program" ] || wb_assert_failed "no program at $program"
assert_eq "" "$(grep -n '@[a-z]*@' "$unit" "$sysusers")" "names that were not filled in"
assert_match '^u whimbrel ' "$(grep -v '^#' "$sysusers")"

wb_case "it restarts after faults, not where a person has to look"
assert_eq on-failure "$(of Restart)"
for code in 1 2 3 6; do assert_match " $code " " $(of RestartPreventExitStatus) "; done
for code in 4 5; do [[ " $(of RestartPreventExitStatus) $(of SuccessExitStatus) " != *" $code "* ]] || wb_assert_failed "not after $code"; done
assert_eq "130 143" "$(of SuccessExitStatus)" "ended on request"
assert_eq SIGTERM "$(of KillSignal)"

if ! command -v systemd-analyze > /dev/null; then
    wb_close_case
    case_skip "systemd" "no systemd-analyze here"
    wb_finish
fi
# As an instance, with the program that is there.
mkdir "$WB_TMP/units"
sed "s|$program|$WB_TMP/installed$program|" "$unit" > "$WB_TMP/units/whimbrel@shop.service"

wb_case "systemd accepts it"
expect_exit 0 systemd-analyze verify --man=no "$WB_TMP/units/whimbrel@shop.service"
assert_eq "" "$(grep -F whimbrel "$WB_TMP/err")" "what it says"

wb_case "and calls it well confined"
expect_exit 0 systemd-analyze security --offline=true --no-pager --threshold=25 "$WB_TMP/units/whimbrel@shop.service"
wb_finish
