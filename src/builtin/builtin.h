/* The only place that names engines. */
#ifndef WB_BUILTIN_BUILTIN_H
#define WB_BUILTIN_BUILTIN_H

/* Registers every engine of this program; call once, before threads. */
void wb_builtin_register(void);

#endif
