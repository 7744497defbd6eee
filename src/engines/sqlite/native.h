/* Backups of a file: see engine.h for the contracts. */
#ifndef WB_ENGINES_SQLITE_NATIVE_H
#define WB_ENGINES_SQLITE_NATIVE_H

#include "engine/engine.h"

extern const struct wb_native_ops wb_sqlite_native_ops;

#endif
