/* What queries compare, and which rows they cannot see: right and wrong SQL in many spellings. */
#include "unit/sql/sql_dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct sql_case queries[] = {
    {"SELECT count(*) FROM goods g JOIN items i ON i.id = g.id WHERE g.price <> i.price",
     "SELECT reads; goods ACCESS SHARE; items ACCESS SHARE; .i.id=items; .g.id=goods; "
     ".g.price=goods; .i.price=items; NULL(g.price,i.price); HIDES(goods,items)"},
    {"select COUNT(*) from users U join accounts A on A.legacy_user_id = U.id where U.email != "
     "A.email OR U.created_at != A.created_at",
     "SELECT reads; users ACCESS SHARE; accounts ACCESS SHARE; .a.legacy_user_id=accounts; "
     ".u.id=users; .u.email=users; .a.email=accounts; .u.created_at=users; .a.created_at=accounts; "
     "NULL(u.email,a.email); HIDES(users,accounts); NULL(u.created_at,a.created_at)"},
    {"SELECT count(*) FROM goods AS g LEFT JOIN items AS i ON i.id = g.id WHERE i.id IS NULL;",
     "SELECT reads; goods ACCESS SHARE; items ACCESS SHARE; .i.id=items; .g.id=goods; .i.id=items; "
     "ANTI(goods-items)"},
    {"SELECT id FROM goods WHERE NOT EXISTS (SELECT 1 FROM stock WHERE stock.good = goods.id)",
     "SELECT reads; goods ACCESS SHARE; stock ACCESS SHARE; .id=goods; .stock.good=stock; "
     ".goods.id=goods; ANTI(goods-stock)"},
    {"SELECT id FROM stock WHERE good NOT IN (SELECT id FROM goods)",
     "SELECT reads; stock ACCESS SHARE; goods ACCESS SHARE; .id=stock; .good=stock; "
     ".id=goods|stock; ANTI(stock-goods); NOT-IN(goods.id)"},
    {"SELECT count(*) FROM a FULL JOIN b ON a.id = b.id WHERE a.id IS NULL OR b.id IS NULL OR a.v "
     "IS DISTINCT FROM b.v",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.id=a; .b.id=b; .a.id=a; .b.id=b; .a.v=a; "
     ".b.v=b; BOTH(a,b)"},
    {"SELECT count(*) FROM a FULL JOIN b USING (id) WHERE a.v IS DISTINCT FROM b.v",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.v=a; .b.v=b; BOTH(a,b)"},
    {"SELECT count(*) FROM a JOIN b USING (id) WHERE NOT (a.v = b.v)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.v=a; .b.v=b; NULL(a.v,b.v); HIDES(a,b)"},
    {"SELECT count(*) FROM a, b WHERE a.id = b.id AND lower(a.v) <> lower(b.v)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.id=a; .b.id=b; .a.v=a; .b.v=b; "
     "NULL(a.v,b.v); HIDES(a,b)"},
    {"SELECT count(*) FROM a JOIN b USING (id) WHERE COALESCE(a.v, '') <> COALESCE(b.v, '')",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.v=a; .b.v=b; HIDES(a,b)"},
    {"SELECT count(*) FROM a JOIN b USING (id) WHERE a.v <> b.v OR (a.v IS NULL) <> (b.v IS NULL)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.v=a; .b.v=b; .a.v=a; .b.v=b; HIDES(a,b)"},
    {"SELECT count(*) FROM a LEFT JOIN b ON a.id = b.id WHERE a.v <> b.v",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.id=a; .b.id=b; .a.v=a; .b.v=b; "
     "NULL(a.v,b.v); HIDES(a,b)"},
    {"SELECT count(*) FROM a LEFT JOIN b ON a.id = b.id WHERE a.v IS DISTINCT FROM b.v",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.id=a; .b.id=b; .a.v=a; .b.v=b; ANTI(a-b)"},
    {"SELECT count(*) FROM t x JOIN t y ON x.email = y.email AND x.id <> y.id",
     "SELECT reads; t ACCESS SHARE; t ACCESS SHARE; .x.email=t; .y.email=t; .x.id=t; .y.id=t"},
    {"SELECT count(*) FROM orders o LEFT JOIN users u ON u.id = o.user_id WHERE u.id IS NULL",
     "SELECT reads; orders ACCESS SHARE; users ACCESS SHARE; .u.id=users; .o.user_id=orders; "
     ".u.id=users; ANTI(orders-users)ref"},
    {"SELECT count(*) FROM users u LEFT JOIN profiles p ON p.user_id = u.id WHERE p.user_id IS "
     "NULL",
     "SELECT reads; users ACCESS SHARE; profiles ACCESS SHARE; .p.user_id=profiles; .u.id=users; "
     ".p.user_id=profiles; ANTI(users-profiles)"},
    {"SELECT id, v FROM a EXCEPT SELECT id, v FROM b",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .id=a; .v=a; .id=b; .v=b; ANTI(a-b)"},
    {"(SELECT id, v FROM a EXCEPT SELECT id, v FROM b) UNION ALL (SELECT id, v FROM b EXCEPT "
     "SELECT id, v FROM a)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; b ACCESS SHARE; a ACCESS SHARE; .id=a; .v=a; "
     ".id=b; .v=b; .id=b; .v=b; .id=a; .v=a; ANTI(a-b); ANTI(b-a)"},
    {"WITH o AS (SELECT * FROM users WHERE active), n AS (SELECT * FROM accounts) SELECT count(*) "
     "FROM o JOIN n ON o.id = n.id WHERE o.email <> n.email",
     "SELECT reads; users ACCESS SHARE; accounts ACCESS SHARE; .active=users; .o.id?; .n.id?; "
     ".o.email?; .n.email?; NULL(o.email,n.email); HIDES(users,accounts)"},
    {"SELECT count(*) FROM (SELECT id, email FROM users) o JOIN (SELECT * FROM accounts) n USING "
     "(id) WHERE o.email <> n.email",
     "SELECT reads; users ACCESS SHARE; accounts ACCESS SHARE; .id=users; .email=users; .o.email?; "
     ".n.email?; NULL(o.email,n.email); HIDES(users,accounts)"},
    {"SELECT count(*) FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.id = a.id AND b.v <> a.v)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .b.id=b; .a.id=a; .b.v=b; .a.v=a; "
     "NULL(b.v,a.v); HIDES(b,a)"},
    {"SELECT count(*) FROM a WHERE a.v <> (SELECT b.v FROM b WHERE b.id = a.id)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.v=a; .b.v=b; .b.id=b; .a.id=a; "
     "NULL(a.v,(SELECT … FROM b)); HIDES(a,b)"},
    {"SELECT sum(CASE WHEN a.v <> b.v THEN 1 ELSE 0 END) FROM a JOIN b USING (id)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.v=a; .b.v=b; NULL(a.v,b.v); HIDES(a,b)"},
    {"SELECT count(*) FILTER (WHERE a.v <> b.v) FROM a JOIN b USING (id)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.v=a; .b.v=b; NULL(a.v,b.v); HIDES(a,b)"},
    {"SELECT (SELECT count(*) FROM a) - (SELECT count(*) FROM b)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; BOTH(a,b)"},
    {"SELECT \"Odd\".\"Name\" FROM \"Odd\" /* c; */ -- x",
     "SELECT reads; Odd ACCESS SHARE; .Odd.Name=Odd"},
    {"SELECT u.id, nope FROM s.users u ORDER BY nope, id",
     "SELECT reads; s.users ACCESS SHARE; .u.id=users; .nope=users; .nope=users; .id=users"},
    {"SELECT md5(string_agg(name, ';' ORDER BY id)) FROM goods",
     "SELECT reads; goods ACCESS SHARE; .name=goods; .id=goods; AGG(string_agg ';' ordered)"},
    {"SELECT md5(string_agg(name, ';')) FROM (SELECT name FROM goods ORDER BY id) s",
     "SELECT reads; goods ACCESS SHARE; .name=goods; .id=goods; .name?; AGG(string_agg ';' "
     "ordered)"},
    {"SELECT count(*) FROM a JOIN b ON a.id=b.id WHERE (a.x, a.y) IS DISTINCT FROM (b.x, b.y)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.id=a; .b.id=b; .a.x=a; .a.y=a; .b.x=b; "
     ".b.y=b; HIDES(a,b)"},
    {"SELECT count(*) FROM a JOIN b ON a.id=b.id WHERE (a.x, a.y) <> (b.x, b.y)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.id=a; .b.id=b; .a.x=a; .a.y=a; .b.x=b; "
     ".b.y=b; NULL(a.y,b.y); HIDES(a,b)"},
    {"SELECT count(*) FROM a JOIN b ON a.id=b.id WHERE md5(a::text) <> md5(b::text)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.id=a; .b.id=b; HIDES(a,b)"},
    {"SELECT count(*) FROM a JOIN b ON a.id=b.id WHERE (a.v = b.v) IS NOT TRUE",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.id=a; .b.id=b; .a.v=a; .b.v=b; HIDES(a,b)"},
    {"SELECT count(*) FROM a RIGHT JOIN b ON a.id = b.id WHERE a.id IS NULL",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .a.id=a; .b.id=b; .a.id=a; ANTI(b-a)"},
    {"SELECT count(*) FROM a WHERE id <> ALL (SELECT id FROM b)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .id=a; .id=b|a; ANTI(a-b); NOT-IN(b.id)"},
    {"SELECT count(*) FROM a WHERE id NOT IN (SELECT a_id FROM b WHERE a_id IS NOT NULL)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .id=a; .a_id=b|a; .a_id=b|a; ANTI(a-b)"},
};

static void queries_are_read_for_what_they_prove(void **state) {
    (void)state;
    sql_expect(WB_DIALECT_POSTGRES, queries, sizeof queries / sizeof *queries);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_are_read_for_what_they_prove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
