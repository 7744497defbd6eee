#!/bin/bash
# A user who may read some columns of a table does not see the others, not even in the catalog. Such a table is refused,
# not copied without them; also where the column that is out of sight is an invisible one, or the last.
. "$(dirname "$0")/copy.bash"

pair grants
load <<'SQL'
CREATE TABLE last (id int PRIMARY KEY, seen int, secret int);
CREATE TABLE middle (id int PRIMARY KEY, secret int, seen int);
CREATE TABLE hidden (id int PRIMARY KEY, seen int, secret int INVISIBLE);
CREATE TABLE whole (id int PRIMARY KEY, seen int, odd int INVISIBLE);
INSERT INTO last VALUES (1,2,3);
INSERT INTO middle VALUES (1,2,3);
INSERT INTO hidden (id, seen, secret) VALUES (1,2,3);
INSERT INTO whole (id, seen, odd) VALUES (1,2,3);
SQL
my -e "CREATE OR REPLACE USER wb_some@localhost; CREATE OR REPLACE ROLE wb_some_role; CREATE OR REPLACE USER wb_by_role@localhost"
for t in last middle hidden; do my -e "GRANT SELECT (id, seen) ON \`$MY\`.$t TO wb_some@localhost, wb_some_role"; done
my -e "GRANT SELECT (id, seen, odd) ON \`$MY\`.whole TO wb_some@localhost, wb_some_role;
    GRANT wb_some_role TO wb_by_role@localhost; SET DEFAULT ROLE wb_some_role FOR wb_by_role@localhost"

for user in wb_some wb_by_role; do
    SRC="mysql://$user@localhost/$MY?socket=$WB_MY_SOCKET"
    for t in last middle hidden; do
        fresh_target
        copy --include $t
        rc "$user, $t: a column out of sight is refused" 4
        says "$user, $t: the table is named" 'denied' "\\b$t\\b"
        nothing_in_target "$user, $t: nothing is made"
        copy --include $t --dry-run
        rc "$user, $t: a dry run refuses it likewise" 4
        says "$user, $t: a dry run names the table" 'denied' "\\b$t\\b"
    done
    fresh_target
    copy --include whole --dry-run
    rc "$user: a dry run takes it, too" 0
    copy --include whole
    rc "$user: every column granted by itself is enough" 0
    is "$user: every column is there, the invisible one too" "SELECT id, seen, odd FROM whole" "$(printf '1\t2\t3')"
done
my -e "DROP USER wb_some@localhost, wb_by_role@localhost; DROP ROLE wb_some_role"

wb_finish
