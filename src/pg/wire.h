/* Constants of PostgreSQL's binary forms, shared by encoder and decoder. */
#ifndef WB_PG_WIRE_H
#define WB_PG_WIRE_H

#include <stdint.h>

/* From 1970-01-01 to 2000-01-01 (src/include/datatype/timestamp.h). */
#define WB_PG_EPOCH_US INT64_C(946684800000000)
#define WB_PG_DAY_US INT64_C(86400000000)
enum { WB_PG_EPOCH_DAYS = 10957 };

/* Since 2000-01-01: 4714-11-24 BC to 294276 and 5874897 AD; the upper ends are exclusive. */
#define WB_PG_TIMESTAMP_MIN INT64_C(-211813488000000000)
#define WB_PG_TIMESTAMP_END INT64_C(9223371331200000000)
#define WB_PG_DATE_MIN INT64_C(-2451545)
#define WB_PG_DATE_END INT64_C(2145031949)

enum {
    WB_PG_TEXT_OID = 25,
    WB_PG_INET_FAMILY_4 =
        2, /* PGSQL_AF_INET; PGSQL_AF_INET6 is one more (src/include/utils/inet.h) */
    WB_PG_INET_FAMILY_6 = 3,
};

#endif
