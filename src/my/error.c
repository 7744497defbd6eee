#include "my/error.h"

#include <string.h>

/* Numbers from mysqld_error.h (MariaDB 10.11, MySQL 8.0) and errmsg.h (Connector/C). */
static const struct {
    unsigned short number;
    enum wb_code code;
} map[] = {
    {28, WB_E_DISK_FULL},        {1006, WB_E_SQL},
    {1021, WB_E_DISK_FULL},      {1037, WB_E_MEMORY},
    {1038, WB_E_MEMORY},         {1040, WB_E_CONNECT},
    {1041, WB_E_MEMORY},         {1044, WB_E_PRIVILEGE},
    {1045, WB_E_LOGIN},          {1048, WB_E_CONSTRAINT},
    {1049, WB_E_NOT_FOUND},      {1051, WB_E_NOT_FOUND},
    {1053, WB_E_LOST},           {1062, WB_E_CONSTRAINT},
    {1080, WB_E_LOST},           {1114, WB_E_DISK_FULL},
    {1129, WB_E_CONNECT},        {1130, WB_E_LOGIN},
    {1142, WB_E_PRIVILEGE},      {1143, WB_E_PRIVILEGE},
    {1146, WB_E_NOT_FOUND},      {1152, WB_E_LOST},
    {1153, WB_E_ROW_TOO_LARGE},  {1158, WB_E_LOST},
    {1159, WB_E_LOST},           {1160, WB_E_LOST},
    {1161, WB_E_LOST},           {1169, WB_E_CONSTRAINT},
    {1184, WB_E_LOST},           {1203, WB_E_CONNECT},
    {1205, WB_E_LOCK_TIMEOUT},   {1213, WB_E_DEADLOCK},
    {1216, WB_E_CONSTRAINT},     {1217, WB_E_CONSTRAINT},
    {1226, WB_E_CONNECT},        {1227, WB_E_PRIVILEGE},
    {1264, WB_E_VALUE},          {1265, WB_E_VALUE},
    {1292, WB_E_VALUE},          {1317, WB_E_LOST},
    {1364, WB_E_CONSTRAINT},     {1366, WB_E_VALUE},
    {1367, WB_E_VALUE},          {1370, WB_E_PRIVILEGE},
    {1406, WB_E_VALUE},          {1411, WB_E_VALUE},
    {1412, WB_E_SOURCE_CHANGED}, {1416, WB_E_VALUE},
    {1419, WB_E_PRIVILEGE},      {1451, WB_E_CONSTRAINT},
    {1452, WB_E_CONSTRAINT},     {1524, WB_E_LOGIN},
    {1557, WB_E_CONSTRAINT},     {1586, WB_E_CONSTRAINT},
    {1698, WB_E_LOGIN},          {1792, WB_E_PRIVILEGE},
    {1820, WB_E_LOGIN},          {1862, WB_E_LOGIN},
    {1877, WB_E_LOST},           {1880, WB_E_LOST},
    {1927, WB_E_LOST},           {1969, WB_E_TIMEOUT},
    {2002, WB_E_CONNECT},        {2003, WB_E_CONNECT},
    {2004, WB_E_CONNECT},        {2005, WB_E_CONNECT},
    {2006, WB_E_LOST},           {2008, WB_E_MEMORY},
    {2012, WB_E_CONNECT},        {2013, WB_E_LOST},
    {2020, WB_E_ROW_TOO_LARGE},  {2026, WB_E_CONNECT},
    {2027, WB_E_PROTOCOL},       {2055, WB_E_LOST},
    {2059, WB_E_LOGIN},          {3024, WB_E_TIMEOUT},
    {3819, WB_E_CONSTRAINT},     {4025, WB_E_CONSTRAINT},
    {4031, WB_E_LOST},
};

enum wb_code wb_my_error_code(unsigned number) {
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (map[i].number == number)
            return map[i].code;
    return number ? WB_E_SQL : WB_E_INTERNAL;
}

enum wb_code wb_my_error_set(struct wb_error *err, unsigned number, const char *sqlstate,
                             const char *words, int canceled, const char *what) {
    enum wb_code code = wb_my_error_code(number);
    if (canceled && (code == WB_E_LOST || code == WB_E_CONNECT))
        code = WB_E_CANCELED;
    wb_error_set(err, code, "%s%s%s", what ? what : "", what ? ": " : "",
                 words && *words ? words : "no reason was given");
    if (err) {
        err->vendor = (int)number;
        strncpy(err->sqlstate, sqlstate ? sqlstate : "", sizeof err->sqlstate - 1);
        err->sqlstate[sizeof err->sqlstate - 1] = 0;
    }
    return code;
}
