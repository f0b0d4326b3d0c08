/* Sorted runs of n-grams in files, merged: of each file a piece is in memory. */
#include "grams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE ((size_t)1 << 16) /* bytes of a file that are read at a time */
#define RECORD (1 + 2 * GRAM_UNITS + 10)

typedef struct {
    Gram gram;
    uint64_t count;
    FILE *file;
    uint8_t *piece;
    size_t at, size;
} Run;

struct Merger {
    Run *runs;
    size_t count;
    Run **heap; /* the run with the first n-gram on top */
    size_t left;
};

static int before(const Run *a, const Run *b) {
    return a->gram.high != b->gram.high ? a->gram.high < b->gram.high : a->gram.low < b->gram.low;
}

static void refill(Run *run) {
    memmove(run->piece, run->piece + run->at, run->size - run->at);
    run->size -= run->at;
    run->at = 0;
    run->size += fread(run->piece + run->size, 1, PIECE - run->size, run->file);
}

/* The run's next n-gram: 1; 0: its end; -1: it is none. */
static int read_next(Run *run) {
    if (run->size - run->at < RECORD)
        refill(run);
    if (run->at == run->size)
        return ferror(run->file) ? -1 : 0;
    const uint8_t *p = run->piece + run->at, *end = run->piece + run->size;
    size_t shared = *p >> 4, length = shared + (*p & 15);
    uint16_t units[GRAM_UNITS];
    if (length > GRAM_UNITS || length == shared || (size_t)(end - p) < 2 + 2 * (length - shared))
        return -1;
    p++;
    for (size_t i = 0; i < shared; i++)
        units[i] = (uint16_t)((i < 4 ? run->gram.high : run->gram.low) >> (48 - 16 * (i & 3)));
    for (size_t i = shared; i < length; i++, p += 2)
        units[i] = (uint16_t)(p[0] | p[1] << 8);
    Gram next = gram_of(units, length);
    uint64_t count = 0;
    unsigned shift = 0;
    for (; p < end && *p & 0x80 && shift < 56; shift += 7)
        count |= (uint64_t)(*p++ & 0x7F) << shift;
    if (p == end || *p & 0x80 || gram_length(next) != length)
        return -1;
    run->count = count | (uint64_t)*p++ << shift;
    run->gram = next;
    run->at = (size_t)(p - run->piece);
    return 1;
}

static void sink(Merger *merger, size_t at) {
    Run *run = merger->heap[at];
    for (size_t child; (child = 2 * at + 1) < merger->left; at = child) {
        if (child + 1 < merger->left && before(merger->heap[child + 1], merger->heap[child]))
            child++;
        if (!before(merger->heap[child], run))
            break;
        merger->heap[at] = merger->heap[child];
    }
    merger->heap[at] = run;
}

/* On with the run on top. Returns 0 where it is none. */
static int advance(Merger *merger) {
    int state = read_next(merger->heap[0]);
    if (state == 0)
        merger->heap[0] = merger->heap[--merger->left];
    if (merger->left)
        sink(merger, 0);
    return state >= 0;
}

Merger *merger_open(const char *const *paths, size_t count) {
    Merger *merger = calloc(1, sizeof(Merger));
    if (!merger)
        return NULL;
    merger->count = count;
    merger->runs = calloc(count + 1, sizeof(Run));
    merger->heap = calloc(count + 1, sizeof(Run *));
    int done = merger->runs && merger->heap;
    for (size_t i = 0; done && i < count; i++) {
        Run *run = &merger->runs[i];
        run->file = fopen(paths[i], "rb");
        run->piece = run->file ? malloc(PIECE) : NULL;
        done = run->piece != NULL;
        int state = done ? read_next(run) : 0;
        if (state > 0)
            merger->heap[merger->left++] = run;
        done = done && state >= 0;
    }
    if (!done) {
        merger_close(merger);
        return NULL;
    }
    for (size_t i = merger->left; i-- > 0;)
        sink(merger, i);
    return merger;
}

int merger_next(Merger *merger, Gram *gram, uint64_t *count) {
    if (!merger->left)
        return 0;
    *gram = merger->heap[0]->gram;
    for (*count = 0; merger->left; ) {
        const Run *run = merger->heap[0];
        if (run->gram.high != gram->high || run->gram.low != gram->low)
            break;
        *count += run->count;
        if (!advance(merger))
            return -1;
    }
    return 1;
}

void merger_close(Merger *merger) {
    for (size_t i = 0; merger->runs && i < merger->count; i++) {
        if (merger->runs[i].file)
            fclose(merger->runs[i].file);
        free(merger->runs[i].piece);
    }
    free(merger->runs);
    free(merger->heap);
    free(merger);
}
