/* --report FILE.json: the summary of --json as a document of its own. docs/json/verify-report.json.
 */
#include "cli/verify_out.h"

void wb_verify_report_json(struct wb_buf *to, const struct wb_verify_end *end) {
    struct wb_json j = {.out = to};
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_str(&j, "document", "verification");
    wb_verify_json_put_report(&j, end);
    wb_json_end(&j);
    wb_buf_addc(to, '\n');
}
