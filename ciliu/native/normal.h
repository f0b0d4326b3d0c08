/* The normal form of a text (ciliu/normal_form.py has the rules). */
#ifndef CILIU_NORMAL_H
#define CILIU_NORMAL_H

#include <stddef.h>
#include <stdint.h>

enum { NORMAL_CONTROLS, NORMAL_LINE_ENDS, NORMAL_SPACES, NORMAL_FULL_WIDTH, NORMAL_RULES };

/* `rules` are bits 1 << NORMAL_...; the first three always hold. By these two it is looked whether there is anything to
 * do, which is Python's matter. */
enum { NORMAL_NFC = NORMAL_RULES, NORMAL_ENTITIES };

typedef struct {
    uint64_t changed[NORMAL_RULES]; /* how often each rule changed something */
    uint64_t line_ends_removed; /* the LF of CR LF; controls are the only other characters that go */
    uint64_t characters_in, characters;
} NormalCounts;

/* Write the normal form of `size` bytes of UTF-8 by `rules` to `out`, which has room for as many; adds to `counts`.
 * Returns where it ends; NULL: not UTF-8, or there may be something for NFC or an entity of HTML. */
uint8_t *normalize(const uint8_t *text, size_t size, unsigned rules, uint8_t *out, NormalCounts *counts);

int is_utf8(const uint8_t *text, size_t size);

#endif
