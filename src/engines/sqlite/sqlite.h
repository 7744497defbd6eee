/* SQLite: one file, one writer, values that carry their own type. sqlite:PATH */
#ifndef WB_ENGINES_SQLITE_SQLITE_H
#define WB_ENGINES_SQLITE_SQLITE_H

#include "engine/engine.h"

extern const struct wb_engine wb_engine_sqlite;

#endif
