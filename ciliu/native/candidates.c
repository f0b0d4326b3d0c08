#include "candidates.h"

#include <stdlib.h>
#include <string.h>

/* A run of characters of a text, and where each begins. */
typedef struct {
    uint16_t *units;
    uint32_t *starts;
    size_t count, capacity;
} Line;

/* The next run, with the start of what follows it as one more. 1; 0: there is none; -1: no memory. */
static int next_line(const uint8_t *text, const uint8_t **p, const uint8_t *end, Line *line) {
    line->count = 0;
    while (*p < end) {
        if (line->count + 1 >= line->capacity) {
            size_t capacity = 2 * line->capacity + 1024;
            uint16_t *units = realloc(line->units, capacity * sizeof(uint16_t));
            line->units = units ? units : line->units;
            uint32_t *starts = realloc(line->starts, capacity * sizeof(uint32_t));
            line->starts = starts ? starts : line->starts;
            if (!units || !starts)
                return -1;
            line->capacity = capacity;
        }
        line->starts[line->count] = (uint32_t)(*p - text);
        uint16_t unit = gram_unit(p, end);
        if (unit)
            line->units[line->count++] = unit;
        else if (line->count)
            return 1;
    }
    if (line->count)
        line->starts[line->count] = (uint32_t)(*p - text);
    return line->count > 0;
}

static void free_line(Line *line) {
    free(line->units);
    free(line->starts);
}

typedef struct {
    const Gram *keys;
    size_t slots, order;
    const uint8_t *text, *end;
    Words *pieces;
} Vote;

static int holds(const Vote *vote, const uint16_t *units, size_t length) {
    return vote->slots && vote->keys[gram_slot(vote->keys, vote->slots, gram_of(units, length))].high;
}

/* Count a piece, unless a part of it does not hold together. Returns 0 without memory. */
static int add_piece(const Vote *vote, const Line *line, size_t from, size_t to) {
    size_t length = to - from, part = length < vote->order ? length : vote->order;
    if (length > CANDIDATE_UNITS)
        return 1;
    for (size_t i = from; length > 2 && i + part <= to; i++)
        if (!holds(vote, line->units + i, part))
            return 1;
    const uint8_t *word = vote->text + line->starts[from];
    size_t size = line->starts[to - 1] - line->starts[from] + (gram_is_latin(line->units[to - 1]) ? 1 : 3);
    int added;
    Slot *slot = words_add(vote->pieces, word, size, words_key(word, size, vote->end), &added);
    if (slot)
        vote->pieces->words[slot->number - 1].count++;
    return slot != NULL;
}

static int vote_line(const Vote *vote, const Line *line) {
    size_t start = 0, end = 1;
    for (size_t i = 0; i < line->count; i++) {
        if (i == end) {
            if (!add_piece(vote, line, start, end))
                return 0;
            start = i;
            end = i + 1;
        }
        size_t most = line->count - i < vote->order ? line->count - i : vote->order;
        for (size_t length = most; length > 1 && i + length > end; length--)
            if (holds(vote, line->units + i, length))
                end = i + length;
        if (end == i + 1 && i + 1 < line->count && gram_is_latin(line->units[i]) && gram_is_latin(line->units[i + 1]))
            end = i + 2;
    }
    return add_piece(vote, line, start, end);
}

int candidates_vote(const Gram *keys, size_t slots, size_t order, const uint8_t *text, size_t size, Words *pieces) {
    const Vote vote = {keys, slots, order, text, text + size, pieces};
    const uint8_t *p = text;
    Line line = {0};
    int state;
    while ((state = next_line(text, &p, vote.end, &line)) == 1)
        if (!vote_line(&vote, &line)) {
            state = -1;
            break;
        }
    free_line(&line);
    return state == 0;
}

#define PAIRS ((uint32_t)1 << 24) /* bits; by them nearly all places are left alone */

typedef struct {
    Words words;
    uint8_t *pairs; /* which first two characters a word has */
    size_t longest; /* in characters */
} Finder;

static uint32_t pair_of(uint16_t a, uint16_t b) { return ((uint32_t)a * 40503u ^ b) & (PAIRS - 1); }

static int open_finder(const uint8_t *words, size_t size, Finder *finder) {
    finder->pairs = calloc(PAIRS / 8, 1);
    const uint8_t *end = words + size, *p = words;
    while (finder->pairs && p < end) {
        const uint8_t *stop = memchr(p, '\n', (size_t)(end - p)), *at = p;
        if (!stop)
            break;
        int added;
        if (!words_add(&finder->words, p, (size_t)(stop - p), words_key(p, (size_t)(stop - p), end), &added))
            return 0;
        uint16_t first = at < stop ? gram_unit(&at, stop) : 0, second = at < stop ? gram_unit(&at, stop) : 0;
        finder->pairs[pair_of(first, second) / 8] |= (uint8_t)(1u << (pair_of(first, second) & 7));
        size_t length = 2;
        for (; at < stop; length++)
            gram_unit(&at, stop);
        finder->longest = length > finder->longest ? length : finder->longest;
        p = stop + 1;
    }
    return finder->pairs != NULL;
}

static int parts_latin(const Line *line, size_t at) {
    return at > 0 && at < line->count && gram_is_latin(line->units[at - 1]) && gram_is_latin(line->units[at]);
}

/* The words that begin at a character. Returns 0 without memory. */
static int find_at(const Finder *finder, const uint8_t *text, const uint8_t *end, const Line *line, size_t i, Buffer *places) {
    if (i + 1 >= line->count || parts_latin(line, i))
        return 1;
    uint32_t pair = pair_of(line->units[i], line->units[i + 1]);
    if (!(finder->pairs[pair / 8] >> (pair & 7) & 1))
        return 1;
    for (size_t length = 2; length <= finder->longest && i + length <= line->count; length++) {
        const uint8_t *word = text + line->starts[i];
        size_t last = i + length - 1, size = line->starts[last] - line->starts[i] + (gram_is_latin(line->units[last]) ? 1 : 3);
        const Slot *slot = &finder->words.slots[words_slot(&finder->words, word, size, words_key(word, size, end))];
        if (!slot->number || parts_latin(line, i + length))
            continue;
        uint8_t *out = buffer_reserve(places, sizeof(Place));
        if (!out)
            return 0;
        uint16_t left = i ? line->units[i - 1] : 0, right = i + length < line->count ? line->units[i + length] : 0;
        memcpy(out, &(Place){slot->number - 1, line->starts[i], left, right}, sizeof(Place));
        places->size += sizeof(Place);
    }
    return 1;
}

int candidates_find(const uint8_t *words, size_t words_size, const uint8_t *text, size_t size, Buffer *places) {
    Finder finder = {0};
    Line line = {0};
    const uint8_t *p = text, *end = text + size;
    int state = open_finder(words, words_size, &finder) ? 1 : -1;
    while (state == 1 && finder.words.count && (state = next_line(text, &p, end, &line)) == 1)
        for (size_t i = 0; state == 1 && i < line.count; i++)
            if (!find_at(&finder, text, end, &line, i, places))
                state = -1;
    words_free(&finder.words);
    free(finder.pairs);
    free_line(&line);
    return state >= 0;
}
