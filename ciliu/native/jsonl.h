/* The text of an article, out of a line of JSON as the stages write it. */
#ifndef CILIU_JSONL_H
#define CILIU_JSONL_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *text; /* in the line itself where nothing is escaped, else in `memory` */
    size_t size;
    uint8_t *memory; /* kept from line to line */
    size_t capacity;
} Text;

enum { JSONL_TEXT, JSONL_ODD, JSONL_NO_MEMORY };

/* Find the value of "text" in the line from `line` to `end`: one object whose keys have no escapes and whose values are
 * strings, numbers, true, false or null. JSONL_ODD: whatever else it may be, a real JSON parser must say. */
int jsonl_text(const uint8_t *line, const uint8_t *end, Text *found);

const uint8_t *jsonl_skip_spaces(const uint8_t *p, const uint8_t *end);

/* Behind the string whose opening quote is at `p`; NULL: it has no end. */
const uint8_t *jsonl_skip_string(const uint8_t *p, const uint8_t *end, int *escaped);

/* What stands between two quotes, with its escapes resolved: never longer than it was. */
int jsonl_unescape(const uint8_t *p, const uint8_t *end, Text *found);

#endif
