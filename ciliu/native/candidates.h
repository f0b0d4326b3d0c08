/* Candidates for new words in a text: what the n-grams that hold together vote for, and where given words stand. */
#ifndef CILIU_CANDIDATES_H
#define CILIU_CANDIDATES_H

#include "grams.h"
#include "words.h"

#define CANDIDATE_UNITS 20 /* characters of a candidate, at most */

/* Cut a text where no n-gram of the set (`keys`, free where zero) reaches across, nor a Latin word, and count the pieces
 * whose every part of `order` characters is in the set. Returns 0 without memory. */
int candidates_vote(const Gram *keys, size_t slots, size_t order, const uint8_t *text, size_t size, Words *pieces);

/* Where a word stands: its number, its first byte in the text, the character before and behind it, 0 where there is none. */
typedef struct {
    uint32_t word, at;
    uint16_t left, right;
} Place;

/* `words`: with a line end behind each. Adds a Place for each time that one stands in the text, and parts no Latin word.
 * Returns 0 without memory. */
int candidates_find(const uint8_t *words, size_t words_size, const uint8_t *text, size_t size, Buffer *places);

#endif
