/* The normal form of a text (ciliu/normal_form.py has the rules). */
#ifndef CILIU_NORMAL_H
#define CILIU_NORMAL_H

#include <stddef.h>
#include <stdint.h>

enum { NORMAL_CONTROLS, NORMAL_LINE_ENDS, NORMAL_SPACES, NORMAL_FULL_WIDTH, NORMAL_RULES };

typedef struct {
    uint64_t changed[NORMAL_RULES]; /* how often each rule changed something */
    uint64_t characters_in, characters;
} NormalCounts;

/* Write the normal form of `size` bytes of UTF-8 to `out`, which has room for as many; adds to `counts`.
 * Returns where it ends; NULL: not UTF-8. */
uint8_t *normalize(const uint8_t *text, size_t size, uint8_t *out, NormalCounts *counts);

int is_utf8(const uint8_t *text, size_t size);

#endif
