#include "sentences.h"

#include <stdlib.h>

/* Bytes with which 。！？!?….． and the closing signs begin. */
static const uint8_t begins_end[256] = {['!'] = 1, ['?'] = 1, ['.'] = 1, [0xE2] = 1, [0xE3] = 1, [0xEF] = 1};

static int is(const uint8_t *p, const uint8_t *end, const char *character) {
    return end - p > 2 && p[0] == (uint8_t)character[0] && p[1] == (uint8_t)character[1] &&
           p[2] == (uint8_t)character[2];
}

/* Bytes of the terminator at `p`; 0: none. */
static size_t terminator(const uint8_t *p, const uint8_t *end) {
    if (p == end || !begins_end[*p])
        return 0;
    if (*p < 0x80)
        return 1;
    return is(p, end, "。") || is(p, end, "！") || is(p, end, "？") || is(p, end, "．") || is(p, end, "…") ? 3 : 0;
}

static size_t closing(const uint8_t *p, const uint8_t *end) {
    static const char *const signs[] = {"”", "’", "」", "』", "）", "】", "》", "〉"};
    if (p < end && (*p == '"' || *p == '\'' || *p == ')'))
        return 1;
    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
        if (is(p, end, signs[i]))
            return 3;
    return 0;
}

static int goes_on(const uint8_t *p, const uint8_t *end) {
    return p < end && ((*p < 0x80 && ascii_codes[*p] && ascii_codes[*p] <= ALNUM_CODES) || *p == '.' || is(p, end, "．"));
}

static int add(Spans *found, size_t start, size_t end) {
    if (found->count == found->capacity) {
        size_t capacity = 2 * found->capacity + 256;
        Span *grown = realloc(found->spans, capacity * sizeof(Span));
        if (!grown)
            return 0;
        found->spans = grown;
        found->capacity = capacity;
    }
    found->spans[found->count++] = (Span){(uint32_t)start, (uint32_t)end};
    return 1;
}

int find_sentences(const uint8_t *text, size_t size, const Span *kept, size_t kept_count, Spans *found) {
    const uint8_t *p = text, *end = text + size;
    found->count = 0;
    for (size_t next = 0;; next++) { /* what lies before the next kept span; then that */
        const uint8_t *stop = next < kept_count ? text + kept[next].start : end;
        while (p < stop) {
            size_t length;
            if (*p - 0xE4u < 6 && stop - p > 2) { /* a Han character, as most are */
                p += 3;
                continue;
            }
            if (!begins_end[*p] || !(length = terminator(p, stop))) {
                p++;
                continue;
            }
            if ((*p == '.' || *p == 0xEF) && (*p == '.' || is(p, stop, "．")) && goes_on(p + length, stop)) {
                p += length;
                continue;
            }
            while ((length = terminator(p, stop)))
                p += length;
            while ((length = closing(p, stop)))
                p += length;
            if (!add(found, (size_t)(p - text), (size_t)(p - text)))
                return 0;
        }
        if (next == kept_count)
            return 1;
        p = text + kept[next].end;
        if (!add(found, kept[next].start, kept[next].end))
            return 0;
    }
}
