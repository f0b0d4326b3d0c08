/* Articles out of lines of JSON, in normal form, as lines of JSON. */
#ifndef CILIU_ARTICLES_H
#define CILIU_ARTICLES_H

#include "jsonl.h"
#include "normal.h"

enum { FIELD_TEXT, FIELD_ID, FIELD_TITLE, FIELD_LABEL, FIELDS }; /* as pipeline/articles/fields.py has them */

/* A name that a record may have. */
typedef struct {
    const uint8_t *name;
    size_t size;
    int field; /* whose value it has; FIELD_NONE: it has none; FIELD_ODD: then Python has to choose anew */
} Name;

enum { FIELD_NONE = -1, FIELD_ODD = -2, NAMES = 32 };

typedef struct {
    Name names[NAMES];
    int name_count, wanted; /* so many of them each record must have: all that are not FIELD_ODD */
    const uint8_t *source; /* its name as it stands in JSON, without quotes */
    size_t source_size;
    unsigned rules; /* of the normal form */
    uint64_t articles;
    NormalCounts counts; /* of the texts */
    Text unescaped;
    uint8_t *fields[FIELDS]; /* in normal form */
    size_t sizes[FIELDS], capacities[FIELDS];
    uint8_t *out;
    size_t out_size, out_capacity;
} Articles;

/* Add a name. Returns 0: there are too many. */
int articles_name(Articles *articles, const uint8_t *name, size_t size, int field);

/* The article in the line from `line` to `end` (its LF not included), the `number`th of its source, behind the others in
 * `out`. JSONL_ODD: Python has to say what it is; nothing is written or counted. */
int articles_add(Articles *articles, const uint8_t *line, const uint8_t *end, uint64_t number);

void articles_free(Articles *articles);

#endif
