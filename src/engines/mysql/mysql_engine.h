/* The engine for MySQL and MariaDB. */
#ifndef WB_ENGINES_MYSQL_MYSQL_ENGINE_H
#define WB_ENGINES_MYSQL_MYSQL_ENGINE_H

#include "engine/engine.h"

extern const struct wb_engine wb_engine_mysql;

#endif
