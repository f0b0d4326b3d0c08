#ifdef __linux__
#define _DEFAULT_SOURCE /* madvise */
#endif
#include "words.h"

#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#define BYTES(count) ((count) >= 8 ? ~0ull : (1ull << 8 * (count)) - 1)
#define MASK(length) {BYTES(length), (length) > 8 ? BYTES((length) - 8) : 0}

const uint64_t words_masks[WORDS_SHORT + 1][2] = {
    MASK(0), MASK(1), MASK(2),  MASK(3),  MASK(4),  MASK(5),  MASK(6),  MASK(7),
    MASK(8), MASK(9), MASK(10), MASK(11), MASK(12), MASK(13), MASK(14), MASK(15),
};

#define HUGE_PAGE ((size_t)2 << 20)

/* Free slots, on huge pages where there are enough of them: the look-ups go everywhere, and wait less for where a page
 * is. Segment as a whole was 11 % faster. */
static Slot *new_slots(size_t count) {
    size_t size = count * sizeof(Slot), unit = size < HUGE_PAGE ? sizeof(Slot) : HUGE_PAGE;
    void *memory = aligned_alloc(unit, size);
    if (!memory)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (unit == HUGE_PAGE)
        (void)madvise(memory, size, MADV_HUGEPAGE); /* where there are none, it is as it was */
#endif
    return memset(memory, 0, size);
}

static int more_slots(Words *words) {
    size_t count = words->slot_count ? 2 * words->slot_count : 1024;
    Slot *slots = new_slots(count);
    if (!slots)
        return 0;
    for (size_t i = 0; i < words->slot_count; i++) {
        size_t slot = words_hash(words->slots[i].key) & (count - 1);
        if (!words->slots[i].number)
            continue;
        while (slots[slot].number)
            slot = (slot + 1) & (count - 1);
        slots[slot] = words->slots[i];
    }
    free(words->slots);
    words->slots = slots;
    words->slot_count = count;
    return 1;
}

static int more_room(Words *words, size_t length) {
    if (words->count == words->capacity) {
        size_t capacity = words->capacity ? words->capacity + words->capacity / 2 : 1024;
        Word *grown = realloc(words->words, capacity * sizeof(Word));
        if (!grown || capacity >= UINT32_MAX)
            return 0;
        words->words = grown;
        words->capacity = capacity;
    }
    if (words->text_size + length > words->text_capacity) {
        size_t capacity = words->text_capacity + words->text_capacity / 2 + length + 4096;
        uint8_t *grown = capacity > UINT32_MAX ? NULL : realloc(words->text, capacity);
        if (!grown)
            return 0;
        words->text = grown;
        words->text_capacity = capacity;
    }
    return 1;
}

Slot *words_add(Words *words, const uint8_t *word, size_t length, Key key, int *added) {
    if (2 * words->count >= words->slot_count && !more_slots(words))
        return NULL;
    Slot *slot = &words->slots[words_slot(words, word, length, key)];
    *added = !slot->number;
    if (*added) {
        if (!more_room(words, length))
            return NULL;
        memcpy(words->text + words->text_size, word, length);
        words->words[words->count] = (Word){0, (uint32_t)words->text_size, (uint32_t)length, 0};
        words->text_size += length;
        *slot = (Slot){key, (uint32_t)++words->count, 0, 0};
    }
    return slot;
}

void words_free(Words *words) {
    free(words->words);
    free(words->slots);
    free(words->text);
    *words = (Words){0};
}
