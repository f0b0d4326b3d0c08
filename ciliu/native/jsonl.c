#include "jsonl.h"

#include <stdlib.h>
#include <string.h>

const uint8_t *jsonl_skip_spaces(const uint8_t *p, const uint8_t *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
        p++;
    return p;
}

const uint8_t *jsonl_skip_string(const uint8_t *p, const uint8_t *end, int *escaped) {
    *escaped = 0;
    for (p++;;) {
        const uint8_t *quote = p < end ? memchr(p, '"', (size_t)(end - p)) : NULL;
        if (!quote)
            return NULL;
        for (const uint8_t *backslash; p < quote && (backslash = memchr(p, '\\', (size_t)(quote - p)));) {
            *escaped = 1;
            p = backslash + 2; /* the character behind a backslash ends nothing */
        }
        if (p <= quote)
            return quote + 1;
    }
}

/* Behind a number, true, false or null. */
static const uint8_t *skip_scalar(const uint8_t *p, const uint8_t *end) {
    const uint8_t *start = p;
    while (p < end && (*p == '-' || *p == '+' || *p == '.' || (*p >= '0' && *p <= '9') || ((*p | 32) >= 'a' && (*p | 32) <= 'z')))
        p++;
    return p == start ? NULL : p;
}

static int read_hex(const uint8_t *p, const uint8_t *end, uint32_t *value) {
    if (end - p < 4)
        return 0;
    *value = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t letter = p[i] | 32u, digit = p[i] - '0';
        uint32_t nibble = digit < 10 ? digit : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 16;
        if (nibble == 16)
            return 0;
        *value = *value << 4 | nibble;
    }
    return 1;
}

static uint8_t *write_point(uint8_t *out, uint32_t point) {
    if (point < 0x80) {
        *out++ = (uint8_t)point;
        return out;
    }
    if (point < 0x800) {
        *out++ = (uint8_t)(0xC0 | point >> 6);
    } else {
        if (point < 0x10000) {
            *out++ = (uint8_t)(0xE0 | point >> 12);
        } else {
            *out++ = (uint8_t)(0xF0 | point >> 18);
            *out++ = (uint8_t)(0x80 | (point >> 12 & 0x3F));
        }
        *out++ = (uint8_t)(0x80 | (point >> 6 & 0x3F));
    }
    *out++ = (uint8_t)(0x80 | (point & 0x3F));
    return out;
}

/* \uXXXX at `p` (behind the u), or two of them. Returns what follows; NULL: none, or a lone surrogate. */
static const uint8_t *read_point(const uint8_t *p, const uint8_t *end, uint32_t *point) {
    uint32_t low;
    if (!read_hex(p, end, point))
        return NULL;
    p += 4;
    if (*point < 0xD800 || *point > 0xDFFF)
        return p;
    if (*point > 0xDBFF || end - p < 6 || p[0] != '\\' || p[1] != 'u' || !read_hex(p + 2, end, &low) || low < 0xDC00 ||
        low > 0xDFFF)
        return NULL;
    *point = 0x10000 + ((*point - 0xD800) << 10) + (low - 0xDC00);
    return p + 6;
}

int jsonl_unescape(const uint8_t *p, const uint8_t *end, Text *found) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (found->capacity < (size_t)(end - p)) {
        free(found->memory);
        found->capacity = 2 * (size_t)(end - p);
        found->memory = malloc(found->capacity);
        if (!found->memory) {
            found->capacity = 0;
            return JSONL_NO_MEMORY;
        }
    }
    uint8_t *out = found->memory;
    while (p < end) {
        const uint8_t *backslash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((backslash ? backslash : end) - p);
        memcpy(out, p, plain);
        out += plain;
        p += plain;
        if (!backslash)
            break;
        if (end - p < 2)
            return JSONL_ODD;
        const char *name = p[1] ? strchr(names, p[1]) : NULL;
        uint32_t point = name ? (uint32_t)values[name - names] : 0;
        if (name)
            p += 2;
        else if (p[1] != 'u' || !(p = read_point(p + 2, end, &point)))
            return JSONL_ODD;
        out = write_point(out, point);
    }
    found->text = found->memory;
    found->size = (size_t)(out - found->memory);
    return JSONL_TEXT;
}

int jsonl_text(const uint8_t *line, const uint8_t *end, Text *found) {
    const uint8_t *text = NULL, *text_end = NULL;
    int escaped, text_escaped = 0;
    const uint8_t *p = jsonl_skip_spaces(line, end);
    if (p == end || *p != '{')
        return JSONL_ODD;
    do {
        const uint8_t *key = jsonl_skip_spaces(p + 1, end);
        if (key == end || *key != '"' || !(p = jsonl_skip_string(key, end, &escaped)) || escaped)
            return JSONL_ODD;
        int is_text = p - key == 6 && !memcmp(key, "\"text\"", 6);
        p = jsonl_skip_spaces(p, end);
        if (p == end || *p != ':')
            return JSONL_ODD;
        const uint8_t *value = jsonl_skip_spaces(p + 1, end);
        if (value == end)
            return JSONL_ODD;
        p = *value == '"' ? jsonl_skip_string(value, end, &escaped) : skip_scalar(value, end);
        if (!p || (is_text && (text || *value != '"')))
            return JSONL_ODD;
        if (is_text) {
            text = value + 1;
            text_end = p - 1;
            text_escaped = escaped;
        }
        p = jsonl_skip_spaces(p, end);
    } while (p < end && *p == ',');
    if (p == end || *p != '}' || jsonl_skip_spaces(p + 1, end) != end || !text)
        return JSONL_ODD;
    if (text_escaped)
        return jsonl_unescape(text, text_end, found);
    found->text = text;
    found->size = (size_t)(text_end - text);
    return JSONL_TEXT;
}
