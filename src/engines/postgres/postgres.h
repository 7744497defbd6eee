/* PostgreSQL 10 and later as source and as target. */
#ifndef WB_ENGINES_POSTGRES_POSTGRES_H
#define WB_ENGINES_POSTGRES_POSTGRES_H

#include "engine/engine.h"

extern const struct wb_engine wb_engine_postgres;

#endif
