#include "articles.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

#define KEYS 32 /* of an object; more are left to Python */

typedef struct {
    const uint8_t *start, *end; /* of a string: between its quotes */
    int is_string, escaped;
} Value;

typedef struct {
    Value keys[KEYS];
    int count, named;
    Value values[FIELDS]; /* start NULL: none, or null */
} Object;

/* Room for `size` bytes. Returns 0 without memory. */
static int reserve(uint8_t **memory, size_t *capacity, size_t size) {
    if (size <= *capacity)
        return 1;
    uint8_t *grown = realloc(*memory, size + size / 2);
    if (!grown)
        return 0;
    *memory = grown;
    *capacity = size + size / 2;
    return 1;
}

/* Behind an integer, true, false or null; NULL: what else JSON may have. */
static const uint8_t *skip_scalar(const uint8_t *p, const uint8_t *end) {
    static const char *names[] = {"true", "false", "null"};
    for (int i = 0; i < 3; i++) {
        size_t size = strlen(names[i]);
        if ((size_t)(end - p) >= size && !memcmp(p, names[i], size))
            return p + size;
    }
    const uint8_t *digits = p += p < end && *p == '-';
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p == digits || (*digits == '0' && p - digits > 1) || p - digits > 18 ? NULL : p;
}

static int has_controls(const uint8_t *p, const uint8_t *end) {
    uint8_t found = 0;
    for (; p < end; p++)
        found |= *p < ' ';
    return found;
}

/* A string or a scalar at `p`. Returns what follows; NULL: odd. */
static const uint8_t *read_value(const uint8_t *p, const uint8_t *end, Value *value) {
    if (p == end)
        return NULL;
    *value = (Value){.start = p, .is_string = *p == '"'};
    if (!value->is_string)
        return value->end = skip_scalar(p, end);
    p = jsonl_skip_string(p, end, &value->escaped);
    if (!p || has_controls(value->start, p))
        return NULL;
    value->start++;
    value->end = p - 1;
    return p;
}

static int is_new(const Object *object, const Value *key) {
    size_t size = (size_t)(key->end - key->start);
    for (int i = 0; i < object->count; i++)
        if ((size_t)(object->keys[i].end - object->keys[i].start) == size &&
            !memcmp(object->keys[i].start, key->start, size))
            return 0;
    return object->count < KEYS;
}

/* The listed name that is a key; NULL: some other key. */
static const Name *find_name(const Articles *articles, const Value *key) {
    size_t size = (size_t)(key->end - key->start);
    for (int i = 0; i < articles->name_count; i++)
        if (articles->names[i].size == size && !memcmp(key->start, articles->names[i].name, size))
            return &articles->names[i];
    return NULL;
}

/* Whether a field may have this value. A true or a number that Python would write in another way is left to Python. */
static int fits(int field, const Value *value) {
    size_t size = (size_t)(value->end - value->start);
    return value->is_string || (field != FIELD_TEXT && *value->start <= '9' && !(size == 2 && !memcmp(value->start, "-0", 2)));
}

/* Keep the value of a name that stands for a field, and look whether another one is JSON. */
static int take_value(Articles *articles, Object *object, const Value *key, const Value *value) {
    const Name *name = find_name(articles, key);
    object->named += name != NULL;
    if (!name || name->field == FIELD_NONE)
        return !value->escaped || jsonl_unescape(value->start, value->end, &articles->unescaped) == JSONL_TEXT;
    if (name->field == FIELD_ODD)
        return 0;
    if (!value->is_string && *value->start == 'n')
        return 1;
    object->values[name->field] = *value;
    return fits(name->field, value);
}

/* The object of a line. Returns 0: odd. */
static int read_object(Articles *articles, const uint8_t *p, const uint8_t *end, Object *object) {
    Value value;
    p = jsonl_skip_spaces(p, end);
    if (p == end || *p != '{')
        return 0;
    do {
        Value key;
        p = read_value(jsonl_skip_spaces(p + 1, end), end, &key);
        if (!p || !key.is_string || key.escaped || !is_new(object, &key))
            return 0;
        object->keys[object->count++] = key;
        p = jsonl_skip_spaces(p, end);
        if (p == end || *p != ':')
            return 0;
        p = read_value(jsonl_skip_spaces(p + 1, end), end, &value);
        if (!p || !take_value(articles, object, &key, &value))
            return 0;
        p = jsonl_skip_spaces(p, end);
    } while (p < end && *p == ',');
    return p < end && *p == '}' && jsonl_skip_spaces(p + 1, end) == end && object->named == articles->wanted &&
           object->values[FIELD_TEXT].start;
}

/* A field's normal form. */
static int normalize_field(Articles *articles, int field, const Value *value, NormalCounts *counts) {
    Text *unescaped = &articles->unescaped;
    articles->sizes[field] = 0;
    if (!value->start)
        return JSONL_TEXT;
    const uint8_t *text = value->start;
    size_t size = (size_t)(value->end - value->start);
    if (value->escaped) {
        int state = jsonl_unescape(value->start, value->end, unescaped);
        if (state != JSONL_TEXT)
            return state;
        text = unescaped->text;
        size = unescaped->size;
    }
    if (!reserve(&articles->fields[field], &articles->capacities[field], size + 1)) /* never NULL, which says no */
        return JSONL_NO_MEMORY;
    const uint8_t *end = normalize(text, size, articles->rules, articles->fields[field], counts);
    if (!end)
        return JSONL_ODD;
    articles->sizes[field] = (size_t)(end - articles->fields[field]);
    return JSONL_TEXT;
}

static int is_blank(const uint8_t *text, size_t size) {
    while (size && (*text == ' ' || *text == '\n')) /* the normal form has no other white space */
        text++, size--;
    return !size;
}

static uint8_t *write_raw(uint8_t *out, const void *text, size_t size) {
    memcpy(out, text, size);
    return out + size;
}

/* What json.dumps writes between the quotes; of the control characters the normal form has LF alone. */
static uint8_t *write_field(const Articles *articles, int field, uint8_t *out) {
    const uint8_t *p = articles->fields[field], *end = p + articles->sizes[field];
    while (p < end) {
        const uint8_t *plain = p;
        while (p < end && *p != '"' && *p != '\\' && *p != '\n')
            p++;
        out = write_raw(out, plain, (size_t)(p - plain));
        if (p < end) {
            *out++ = '\\';
            *out++ = *p == '\n' ? 'n' : *p;
            p++;
        }
    }
    return out;
}

#define LITERAL(out, text) write_raw(out, text, sizeof(text) - 1)

static int write_article(Articles *articles, uint64_t number) {
    size_t size = 2 * articles->source_size + 128; /* the names of the fields, and the number */
    for (int field = 0; field < FIELDS; field++)
        size += 2 * articles->sizes[field];
    if (!reserve(&articles->out, &articles->out_capacity, articles->out_size + size))
        return JSONL_NO_MEMORY;
    uint8_t *out = LITERAL(articles->out + articles->out_size, "{\"id\": \"");
    if (articles->sizes[FIELD_ID])
        out = write_field(articles, FIELD_ID, out);
    else {
        out = write_raw(out, articles->source, articles->source_size);
        *out++ = ':';
        out = (uint8_t *)words_write_number((char *)out, number);
    }
    out = LITERAL(out, "\", \"source\": \"");
    out = write_raw(out, articles->source, articles->source_size);
    out = LITERAL(out, "\", \"title\": \"");
    out = write_field(articles, FIELD_TITLE, out);
    out = LITERAL(out, "\", \"label\": \"");
    out = write_field(articles, FIELD_LABEL, out);
    out = LITERAL(out, "\", \"text\": \"");
    out = write_field(articles, FIELD_TEXT, out);
    out = LITERAL(out, "\"}\n");
    articles->out_size = (size_t)(out - articles->out);
    return JSONL_TEXT;
}

int articles_name(Articles *articles, const uint8_t *name, size_t size, int field) {
    if (articles->name_count == NAMES || field < FIELD_ODD || field >= FIELDS)
        return 0;
    articles->names[articles->name_count++] = (Name){name, size, field};
    articles->wanted += field != FIELD_ODD;
    return 1;
}

int articles_add(Articles *articles, const uint8_t *line, const uint8_t *end, uint64_t number) {
    Object object = {0};
    if (!is_utf8(line, (size_t)(end - line)) || !read_object(articles, line, end, &object))
        return JSONL_ODD;
    NormalCounts counts = {0}, others = {0};
    for (int field = 0; field < FIELDS; field++) {
        int state = normalize_field(articles, field, &object.values[field], field == FIELD_TEXT ? &counts : &others);
        if (state != JSONL_TEXT)
            return state;
    }
    if (is_blank(articles->fields[FIELD_TEXT], articles->sizes[FIELD_TEXT]))
        return JSONL_ODD;
    int state = write_article(articles, number);
    if (state != JSONL_TEXT)
        return state;
    articles->articles++;
    articles->counts.characters_in += counts.characters_in;
    articles->counts.characters += counts.characters;
    articles->counts.line_ends_removed += counts.line_ends_removed;
    for (int rule = 0; rule < NORMAL_RULES; rule++)
        articles->counts.changed[rule] += counts.changed[rule];
    return JSONL_TEXT;
}

void articles_free(Articles *articles) {
    for (int field = 0; field < FIELDS; field++)
        free(articles->fields[field]);
    free(articles->out);
    free(articles->unescaped.memory);
}
