/* n-grams of characters: sorted runs of them, their merging, which of them hold together. */
#ifndef CILIU_GRAMS_H
#define CILIU_GRAMS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define GRAM_UNITS 8 /* characters of an n-gram, at most */

/* Up to eight characters, the first the highest 16 bits; 0 where there are no more. So prefixes come first. */
typedef struct {
    uint64_t high, low;
} Gram;

/* Bytes that can be asked for again and again; NULL: no memory. */
typedef struct {
    uint8_t *bytes;
    size_t size, capacity;
} Buffer;
uint8_t *buffer_reserve(Buffer *buffer, size_t more);

/* The character at *p, which it moves on: a Latin letter, a digit or one of jieba's Han, as its code point; 0: none of
 * these. */
uint16_t gram_unit(const uint8_t **p, const uint8_t *end);

static inline int gram_is_latin(uint16_t unit) { return unit && unit < 0x80; }

Gram gram_of(const uint16_t *units, size_t count);
static inline size_t gram_length(Gram gram) {
    size_t length = 0;
    for (uint64_t part = gram.high; part; part <<= 16)
        length++;
    for (uint64_t part = gram.low; part; part <<= 16)
        length++;
    return length;
}

/* A run: the n-grams of `order` characters at each place of a text (fewer at an end), sorted, with their counts; of each
 * only what differs from the one before is written. Returns 0 without memory. */
int grams_count(const uint8_t *text, size_t size, size_t order, Buffer *run);

/* Runs in files, merged. */
typedef struct Merger Merger;
Merger *merger_open(const char *const *paths, size_t count); /* NULL: errno says why */
int merger_next(Merger *merger, Gram *gram, uint64_t *count); /* 1; 0: the end; -1: no run, or it cannot be read */
void merger_close(Merger *merger);

/* Append an n-gram to a run, behind `before`. Returns 0 without memory. */
int grams_write(Buffer *run, Gram before, Gram gram, uint64_t count);

/* Write the n-grams of the merged runs that stand often enough into a file. Where more than `limit` stand `min_count`
 * times, the minimum rises until at most half as many do. */
enum { GRAMS_OK, GRAMS_NO_MEMORY, GRAMS_DAMAGED, GRAMS_FILE };
int grams_keep(Merger *merger, size_t order, uint64_t min_count, size_t limit, FILE *file);

/* The n-grams of such a file, with their counts, as a table. */
typedef struct {
    Gram *keys;
    uint32_t *counts;
    size_t slots, count, order;
    uint64_t total, min_count; /* characters; below what the n-grams were left out */
} Grams;

int grams_load(Grams *grams, FILE *file);
uint32_t grams_get(const Grams *grams, Gram gram);

/* log(total × count / (count of the left part × count of the right part)) where that is least; of two characters up. */
double grams_cohesion(const Grams *grams, Gram gram, size_t length);
void grams_free(Grams *grams);

/* A set of n-grams: slots, free where zero, that can lie in a file. */
size_t gram_slot(const Gram *keys, size_t slots, Gram gram);

#endif
