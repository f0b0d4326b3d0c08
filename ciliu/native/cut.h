/* jieba's algorithm over a compiled dictionary: UTF-8 in, the ends of the words out. */
#ifndef CILIU_CUT_H
#define CILIU_CUT_H

#include "table.h"

/* Bytes that are kept whole, as one word; of no length: no word goes across. */
typedef struct {
    uint32_t start, end;
} Span;

/* What cutting one piece of text needs; 16 bytes a character of the longest run, kept from call to call. */
typedef struct {
    uint16_t *codes;
    uint32_t *offsets;
    uint16_t *lengths;
    double *scores; /* afterwards the same bytes hold the ends, and the HMM's way back */
    size_t capacity;
} Scratch;

/* Where the text stands; set `text` and `size`, and the rest to 0. */
typedef struct {
    const uint8_t *text;
    size_t size;
    size_t at;           /* the next piece begins here */
    const Span *spans;   /* ascending, apart from each other; NULL: none */
    size_t span_count, next_span;
    int hmm;
    int lines;           /* CR LF is two characters, LF ends a line */
    int surrogates;      /* lone surrogates are characters, not errors */
    size_t characters;   /* of the piece */
    size_t words;        /* of the piece */
    size_t start;        /* where the piece began; ends and offsets count from here */
} Cutter;

enum { CUT_END, CUT_PIECE, CUT_INVALID, CUT_NO_MEMORY, CUT_TOO_LONG };

/* Read the next piece into `scratch`: codes and offsets. A piece ends where no word can go across. */
int cut_read(const Table *table, Cutter *cutter, Scratch *scratch);

/* The next piece, cut: its words end at cut_ends(scratch)[0 .. cutter->words), and begin where the one before ends. */
int cut_next(const Table *table, Cutter *cutter, Scratch *scratch);

static inline uint32_t *cut_ends(const Scratch *scratch) { return (uint32_t *)scratch->scores; }

/* Node of the characters codes[0 .. length), length > 1; NULL: none. */
static inline const Node *table_walk(const Table *table, const uint16_t *codes, size_t length) {
    const Node *node = &table->roots[codes[0]];
    for (size_t i = 1; i < length; i++) {
        uint32_t base = node->base;
        node = &table->nodes[base + codes[i]];
        if (!base || node->check != base)
            return NULL;
    }
    return node;
}

/* finalseg.cut over the characters from `begin` to `end`: writes the ends, returns the next place for one. */
uint32_t *hmm_cut(const Table *table, const Scratch *scratch, size_t begin, size_t end, uint32_t *ends);

void scratch_free(Scratch *scratch);

#endif
