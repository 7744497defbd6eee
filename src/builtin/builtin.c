#include "builtin/builtin.h"

#include "engine/fault.h"
#include "engine/registry.h"
#include "engines/mysql/mysql_engine.h"
#include "engines/postgres/postgres.h"
#include "engines/sqlite/sqlite.h"

#include <stdlib.h>

void wb_builtin_register(void) {
    wb_registry_add(&wb_engine_sqlite);
    wb_registry_add(&wb_engine_mysql);
    wb_registry_add(&wb_engine_postgres);
    const char *fault = getenv("WHIMBREL_TEST_FAULT"); /* crash tests: see engine/fault.h */
    if (fault)
        wb_fault_plan(fault);
}
