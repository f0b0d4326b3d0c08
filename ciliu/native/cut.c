/* The cutter. Three passes over a piece of some hundred characters:
 *   read     UTF-8 to codes and offsets;
 *   choose   from the last character to the first, the best way on: walking the trie with the scores to the right at
 *            hand (candidates and choice in one pass; on equal scores the longest word, as jieba's max over pairs);
 *   follow   the ends of the words, from the first character on.
 * A character outside words (code 0) has the score 0 and ends every walk, so that a piece may hold many runs.
 */
#include "cut.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 1024   /* characters to aim at */
#define AHEAD 12     /* characters that the trie is fetched ahead: 134 to 152 MB/s; in the first pass it cost 30 % */
#define ROOM 4096    /* characters to begin with */
#define PADDING 8    /* code 0, score 0 behind the last character */

void scratch_free(Scratch *scratch) {
    free(scratch->codes);
    free(scratch->offsets);
    free(scratch->lengths);
    free(scratch->scores);
    *scratch = (Scratch){0};
}

static int grow(Scratch *scratch) {
    size_t capacity = scratch->capacity ? scratch->capacity + scratch->capacity / 4 : ROOM;
    size_t room = capacity + PADDING;
    uint16_t *codes = realloc(scratch->codes, room * sizeof(uint16_t));
    if (codes)
        scratch->codes = codes;
    uint32_t *offsets = realloc(scratch->offsets, room * sizeof(uint32_t));
    if (offsets)
        scratch->offsets = offsets;
    if (!codes || !offsets)
        return 0;
    /* nothing stands in these two yet while a piece is read */
    free(scratch->lengths);
    free(scratch->scores);
    scratch->lengths = malloc(room * sizeof(uint16_t));
    scratch->scores = malloc(room * sizeof(double));
    if (!scratch->lengths || !scratch->scores)
        return 0;
    scratch->capacity = capacity;
    return 1;
}

/* Bytes of the character at `p` that is no Han character of words and not ASCII; 0 if it is none (Unicode, table 3-7). */
static size_t other_character(const uint8_t *p, size_t left, int surrogates) {
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    size_t length = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F && !surrogates) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return length;
}

int cut_read(const Table *table, Cutter *cutter, Scratch *scratch) {
    const uint8_t *start = cutter->text + cutter->at, *p = start, *end = cutter->text + cutter->size;
    const uint16_t *map = table->map;
    size_t k = 0;
    cutter->start = cutter->at;
    cutter->characters = cutter->words = 0;
    if (p == end && cutter->next_span == cutter->span_count)
        return CUT_END;
    const uint8_t *stop = cutter->next_span < cutter->span_count ? cutter->text + cutter->spans[cutter->next_span].start
                                                                 : end + 1;
    uint16_t *codes = scratch->codes;
    uint32_t *offsets = scratch->offsets;
    while (p < end || p == stop) {
        if (UNLIKELY(k == scratch->capacity)) {
            if ((size_t)(p - start) > UINT32_MAX / 2)
                return CUT_TOO_LONG;
            if (!grow(scratch))
                return CUT_NO_MEMORY;
            codes = scratch->codes;
            offsets = scratch->offsets;
        }
        offsets[k] = (uint32_t)(p - start);
        uint32_t code = 0, byte;
        if (UNLIKELY(p == stop)) {
            p = cutter->text + cutter->spans[cutter->next_span++].end;
            stop = cutter->next_span < cutter->span_count ? cutter->text + cutter->spans[cutter->next_span].start
                                                          : end + 1;
        } else if ((byte = *p) - 0xE4u < 6 && end - p > 2 && ((p[1] ^ 0x80) | (p[2] ^ 0x80)) < 0x40) {
            code = map[(byte << 12 & 0xF000u) + (p[1] << 6 & 0xFC0u) + (p[2] & 0x3Fu) - MAP_FIRST];
            p += 3;
        } else if (byte < 0x80) {
            code = ascii_codes[byte];
            p += byte == '\r' && !cutter->lines && end - p > 1 && p[1] == '\n' ? 2 : 1;
        } else {
            size_t length = other_character(p, (size_t)(end - p), cutter->surrogates);
            if (!length) {
                cutter->at = (size_t)(p - cutter->text);
                return CUT_INVALID;
            }
            p += length;
        }
        codes[k++] = (uint16_t)code;
        if (!code && k >= PIECE)
            break;
    }
    if (!k)
        return CUT_END;
    offsets[k] = (uint32_t)(p - start);
    memset(codes + k, 0, PADDING * sizeof(uint16_t));
    cutter->characters = k;
    cutter->at = (size_t)(p - cutter->text);
    return CUT_PIECE;
}

static void choose(const Table *table, const Scratch *scratch, size_t count) {
    const uint16_t *codes = scratch->codes;
    const Node *roots = table->roots, *nodes = table->nodes;
    const double unknown = table->header->unknown;
    uint16_t *lengths = scratch->lengths;
    double *scores = scratch->scores;
    scores[count] = 0.0;
    lengths[count] = 0;
    double right = 0.0; /* scores[k + 1] */
    for (size_t k = count; k-- > 0;) {
        uint32_t code = codes[k];
        const Node *node = &roots[code];
        if (k >= AHEAD)
            PREFETCH(&nodes[roots[codes[k - AHEAD]].base + codes[k - AHEAD + 1]]);
        double best = node->weight + right;
        size_t length = 1, end = k + 1;
        uint32_t base = node->base;
        while (base && (node = &nodes[base + codes[end]])->check == base) {
            base = node->base;
            end++;
            double score = node->weight + scores[end];
            int better = score >= best; /* on equal scores the longer word */
            best = better ? score : best;
            length = better ? end - k : length;
        }
        if (UNLIKELY(best == -INFINITY)) { /* no candidate: the character by itself, with frequency 1 */
            best = unknown + right;
            length = 1;
        }
        scores[k] = right = code ? best : 0.0;
        lengths[k] = (uint16_t)length;
    }
}

static inline int is_alnum(uint32_t code) { return code - 1 < ALNUM_CODES; }

/* Neighbouring Latin letters and digits that stand alone are one word. */
static size_t follow(const Scratch *scratch, size_t count) {
    const uint16_t *codes = scratch->codes, *lengths = scratch->lengths;
    const uint32_t *offsets = scratch->offsets;
    uint32_t *ends = cut_ends(scratch);
    size_t word = 0;
    int alone = is_alnum(codes[0]) & (lengths[0] == 1);
    for (size_t k = 0; k < count;) {
        k += lengths[k];
        ends[word] = offsets[k];
        int next_alone = is_alnum(codes[k]) & (lengths[k] == 1);
        word += !(alone & next_alone);
        alone = next_alone;
    }
    return word;
}

/* Runs of single characters are left to the HMM, but for those that are a word which was not chosen. */
static size_t follow_hmm(const Table *table, const Scratch *scratch, size_t count) {
    const uint16_t *codes = scratch->codes, *lengths = scratch->lengths;
    const uint32_t *offsets = scratch->offsets;
    uint32_t *ends = cut_ends(scratch);
    for (size_t k = 0; k < count;) {
        size_t run = k;
        while (codes[run] && lengths[run] == 1)
            run++;
        if (run - k < 2) {
            k += lengths[k];
            *ends++ = offsets[k];
            continue;
        }
        const Node *node = table_walk(table, codes + k, run - k);
        if (!node || node->weight == -INFINITY)
            ends = hmm_cut(table, scratch, k, run, ends);
        else
            for (size_t i = k; i < run; i++)
                *ends++ = offsets[i + 1];
        k = run;
    }
    return (size_t)(ends - cut_ends(scratch));
}

int cut_next(const Table *table, Cutter *cutter, Scratch *scratch) {
    int state = cut_read(table, cutter, scratch);
    if (state != CUT_PIECE)
        return state;
    choose(table, scratch, cutter->characters);
    cutter->words = cutter->hmm ? follow_hmm(table, scratch, cutter->characters) : follow(scratch, cutter->characters);
    return CUT_PIECE;
}
