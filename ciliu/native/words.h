/* A set of words with a count each, in the order in which they came. */
#ifndef CILIU_WORDS_H
#define CILIU_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    uint64_t count;
    uint32_t offset, length; /* in the text of all words */
    int32_t id;              /* its user's, as the slot's */
} Word;

/* Of a word of up to 15 bytes (five Chinese characters) the word itself and its length, so that nothing else need be
 * compared; of a longer one a hash. */
typedef struct {
    uint64_t low, high;
} Key;

typedef struct {
    Key key;
    uint32_t number; /* of the word, + 1; 0: free */
    int32_t id;      /* its user's; 0 at first */
    uint64_t unused; /* 32 bytes: none lies across two lines of the cache */
} Slot;

typedef struct {
    Word *words;
    size_t count, capacity;
    Slot *slots;
    size_t slot_count;
    uint8_t *text;
    size_t text_size, text_capacity;
} Words;

static inline uint64_t words_mix(uint64_t value) {
    value *= 0x9E3779B97F4A7C15u;
    return value ^ value >> 32;
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a key masks the first bytes of a word as the low ones; on this machine jieba itself cuts"
#endif

#define WORDS_LONG (0xFFull << 56)
#define WORDS_SHORT 15

extern const uint64_t words_masks[WORDS_SHORT + 1][2];

/* Without a branch on the length, which nobody can foretell. `end`: of what may be read. */
static inline Key words_key(const uint8_t *p, size_t length, const uint8_t *end) {
    uint64_t words[2] = {0, 0};
    if (length > WORDS_SHORT) {
        uint64_t hash = length;
        for (size_t i = 0; i < length; i += 8) {
            memcpy(words, p + i, length - i < 8 ? length - i : 8);
            hash = words_mix(hash ^ words[0]);
        }
        return (Key){hash, WORDS_LONG};
    }
    memcpy(words, p, end - p >= 16 ? 16 : length);
    return (Key){words[0] & words_masks[length][0], (words[1] & words_masks[length][1]) | (uint64_t)length << 56};
}

static inline size_t words_hash(Key key) { return (size_t)words_mix(words_mix(key.low) ^ key.high * 0xD6E8FEB86659FD93u); }

static inline size_t words_slot(const Words *words, const uint8_t *word, size_t length, Key key) {
    size_t mask = words->slot_count - 1;
    for (size_t slot = words_hash(key) & mask;; slot = (slot + 1) & mask) {
        const Slot *found = &words->slots[slot];
        if (found->key.low == key.low && found->key.high == key.high) {
            if (!found->number || length <= WORDS_SHORT)
                return slot;
            const Word *listed = &words->words[found->number - 1];
            if (listed->length == length && !memcmp(words->text + listed->offset, word, length))
                return slot;
        } else if (!found->number)
            return slot;
    }
}

/* The slot of the word with this key, added with count 0 if it was not there (then *added is 1), valid until the
 * next words_add; NULL: no memory. */
Slot *words_add(Words *words, const uint8_t *word, size_t length, Key key, int *added);

/* Write `number` at `out`; returns what follows. */
static inline char *words_write_number(char *out, uint64_t number) {
    char digits[20];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count)
        *out++ = digits[--count];
    return out;
}

void words_free(Words *words);

#endif
