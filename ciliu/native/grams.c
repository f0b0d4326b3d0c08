#include "grams.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint8_t *buffer_reserve(Buffer *buffer, size_t more) {
    if (buffer->capacity - buffer->size < more) {
        size_t capacity = buffer->capacity + buffer->capacity / 2 + more;
        uint8_t *grown = realloc(buffer->bytes, capacity);
        if (!grown)
            return NULL;
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    return buffer->bytes + buffer->size;
}

uint16_t gram_unit(const uint8_t **p, const uint8_t *end) {
    const uint8_t *at = *p;
    size_t size = *at < 0x80 ? 1 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
    if (size > (size_t)(end - at))
        size = (size_t)(end - at);
    *p = at + size;
    if (size == 1)
        return (*at >= '0' && *at <= '9') || ((*at | 32) >= 'a' && (*at | 32) <= 'z') ? *at : 0;
    uint32_t point = size == 3 ? (at[0] & 0xFu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu) : 0;
    return point >= 0x4E00 && point <= 0x9FD5 ? (uint16_t)point : 0;
}

Gram gram_of(const uint16_t *units, size_t count) {
    Gram gram = {0, 0};
    for (size_t i = 0; i < count; i++)
        *(i < 4 ? &gram.high : &gram.low) |= (uint64_t)units[i] << (48 - 16 * (i & 3));
    return gram;
}

static uint16_t unit_of(Gram gram, size_t i) { return (uint16_t)((i < 4 ? gram.high : gram.low) >> (48 - 16 * (i & 3))); }

/* The characters of a text, 0 between two runs of them; and how many, up to `order`, the n-gram at each place has. */
typedef struct {
    uint16_t *units;
    uint8_t *left;
    size_t count;
} Units;

static int read_units(const uint8_t *text, size_t size, size_t order, Units *found) {
    found->units = malloc((size + 1) * sizeof(uint16_t));
    found->left = malloc(size + 1);
    if (!found->units || !found->left)
        return 0;
    const uint8_t *p = text, *end = text + size;
    size_t count = 0;
    while (p < end) {
        uint16_t unit = gram_unit(&p, end);
        if (unit || (count && found->units[count - 1]))
            found->units[count++] = unit;
    }
    size_t left = 0;
    for (size_t i = count; i-- > 0;) {
        left = !found->units[i] ? 0 : left < order ? left + 1 : order;
        found->left[i] = (uint8_t)left;
    }
    found->count = count;
    return 1;
}

/* One pass of a radix sort: places by their character `at`, stable. */
static void sort_by(const Units *from, const uint32_t *places, uint32_t *sorted, size_t count, size_t at, uint32_t *starts) {
    memset(starts, 0, 65537 * sizeof(uint32_t));
    for (size_t i = 0; i < count; i++)
        starts[(at < from->left[places[i]] ? from->units[places[i] + at] : 0) + 1]++;
    for (size_t i = 0; i < 65536; i++)
        starts[i + 1] += starts[i];
    for (size_t i = 0; i < count; i++)
        sorted[starts[at < from->left[places[i]] ? from->units[places[i] + at] : 0]++] = places[i];
}

static size_t shared_units(Gram a, Gram b) {
    size_t shared = 0;
    while (shared < GRAM_UNITS && unit_of(a, shared) == unit_of(b, shared))
        shared++;
    return shared;
}

/* A head (characters shared with the n-gram before, and new ones), the new ones, the count seven bits a byte. */
int grams_write(Buffer *run, Gram before, Gram gram, uint64_t count) {
    uint8_t *out = buffer_reserve(run, 1 + 2 * GRAM_UNITS + 10);
    if (!out)
        return 0;
    size_t shared = shared_units(before, gram), length = gram_length(gram);
    *out++ = (uint8_t)(shared << 4 | (length - shared));
    for (size_t i = shared; i < length; i++) {
        *out++ = (uint8_t)(unit_of(gram, i) & 0xFF);
        *out++ = (uint8_t)(unit_of(gram, i) >> 8);
    }
    for (; count >= 0x80; count >>= 7)
        *out++ = (uint8_t)(count | 0x80);
    *out++ = (uint8_t)count;
    run->size = (size_t)(out - run->bytes);
    return 1;
}

static int write_run(const Units *from, const uint32_t *places, size_t count, Buffer *run) {
    Gram before = {0, 0}, gram = {0, 0};
    uint64_t times = 0;
    for (size_t i = 0; i <= count; i++) {
        Gram next = i < count ? gram_of(from->units + places[i], from->left[places[i]]) : (Gram){0, 0};
        if (times && (next.high != gram.high || next.low != gram.low)) {
            if (!grams_write(run, before, gram, times))
                return 0;
            before = gram;
            times = 0;
        }
        gram = next;
        times++;
    }
    return 1;
}

int grams_count(const uint8_t *text, size_t size, size_t order, Buffer *run) {
    Units from = {0};
    uint32_t *places = NULL, *room = NULL, *starts = malloc(65537 * sizeof(uint32_t));
    size_t count = 0;
    int done = size < UINT32_MAX && starts && read_units(text, size, order, &from);
    if (done) {
        places = malloc((from.count + 1) * sizeof(uint32_t));
        room = malloc((from.count + 1) * sizeof(uint32_t));
        done = places && room;
    }
    for (size_t i = 0; done && i < from.count; i++)
        if (from.left[i])
            places[count++] = (uint32_t)i;
    for (size_t at = order; done && at-- > 0;) {
        sort_by(&from, places, room, count, at, starts);
        uint32_t *sorted = room;
        room = places;
        places = sorted;
    }
    done = done && write_run(&from, places, count, run);
    free(from.units);
    free(from.left);
    free(places);
    free(room);
    free(starts);
    return done;
}

size_t gram_slot(const Gram *keys, size_t slots, Gram gram) {
    uint64_t hash = (gram.high ^ (gram.low * 0xD6E8FEB86659FD93u)) * 0x9E3779B97F4A7C15u;
    hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93u;
    size_t slot = (size_t)((hash >> 32) * (slots & 0xFFFFFFFFu) >> 32);
    while (keys[slot].high && (keys[slot].high != gram.high || keys[slot].low != gram.low))
        slot = slot + 1 == slots ? 0 : slot + 1;
    return slot;
}

uint32_t grams_get(const Grams *grams, Gram gram) {
    return grams->slots ? grams->counts[gram_slot(grams->keys, grams->slots, gram)] : 0;
}

static Gram part_of(Gram gram, size_t from, size_t to) {
    uint16_t units[GRAM_UNITS];
    for (size_t i = from; i < to; i++)
        units[i - from] = unit_of(gram, i);
    return gram_of(units, to - from);
}

double grams_cohesion(const Grams *grams, Gram gram, size_t length) {
    uint64_t most = 1;
    for (size_t i = 1; i < length; i++) {
        uint64_t left = grams_get(grams, part_of(gram, 0, i)), right = grams_get(grams, part_of(gram, i, length));
        most = left * right > most ? left * right : most;
    }
    return log((double)grams->total * (double)grams_get(grams, gram) / (double)most);
}

void grams_free(Grams *grams) {
    free(grams->keys);
    free(grams->counts);
    *grams = (Grams){0};
}

/* An n-gram with its count in a file of those that stand often enough, and what stands at its beginning. */
typedef struct {
    Gram gram;
    uint64_t count;
} Item;

typedef struct {
    uint64_t total, min_count, count, order;
} Head;

#define MOST 65535 /* counts from here on are taken together */

/* What of a file was written: how many items have which count. `count`: those from `min_count` on. */
typedef struct {
    FILE *file;
    uint64_t *items;
    uint64_t count, limit, min_count;
} Kept;

/* There are too many: raise the minimum so that at most half of what may stay does. (Were half of LIMIT n-grams to stand
 * MOST times, that were 262 billion characters: then it ends there.) */
static void raise_min_count(Kept *kept) {
    uint64_t above = 0;
    size_t count = MOST + 1;
    while (count > 0 && above <= kept->limit / 2)
        above += kept->items[--count];
    kept->min_count = count < MOST ? count + 1 : MOST;
    kept->count = count < MOST ? above - kept->items[count] : above;
}

static int keep_item(Kept *kept, Gram gram, uint64_t count) {
    if (count < kept->min_count)
        return 1;
    if (fwrite(&(Item){gram, count}, sizeof(Item), 1, kept->file) != 1)
        return 0;
    kept->items[count < MOST ? count : MOST]++;
    if (++kept->count > kept->limit)
        raise_min_count(kept);
    return 1;
}

static int keep_all(Kept *kept, Merger *merger, Head *head) {
    uint64_t counts[GRAM_UNITS + 1] = {0}, times = 0; /* of the prefixes of the present n-gram, by length */
    Gram before = {0, 0}, gram;
    int state = 1, written = fwrite(head, sizeof(Head), 1, kept->file) == 1;
    while (written && state > 0) {
        state = merger_next(merger, &gram, &times);
        if (state <= 0)
            gram = (Gram){0, 0};
        for (size_t n = gram_length(before), shared = shared_units(before, gram); written && n > shared; n--) {
            written = keep_item(kept, part_of(before, 0, n), counts[n]);
            counts[n] = 0;
        }
        for (size_t n = gram_length(gram); n > 0; n--)
            counts[n] += times;
        head->total += state > 0 ? times : 0;
        before = gram;
    }
    return !written ? GRAMS_FILE : state < 0 ? GRAMS_DAMAGED : GRAMS_OK;
}

int grams_keep(Merger *merger, size_t order, uint64_t min_count, size_t limit, FILE *file) {
    Kept kept = {file, calloc(MOST + 1, sizeof(uint64_t)), 0, limit, min_count};
    Head head = {.order = order};
    int state = kept.items ? keep_all(&kept, merger, &head) : GRAMS_NO_MEMORY;
    free(kept.items);
    head.min_count = kept.min_count;
    head.count = kept.count;
    if (state == GRAMS_OK && (fseek(file, 0, SEEK_SET) || fwrite(&head, sizeof(Head), 1, file) != 1 || fflush(file)))
        return GRAMS_FILE;
    return state;
}

#define AT_ONCE 1024 /* items that are read at a time */

/* The items from the minimum on into the table. There must be as many as the head says, or the table could get full. */
static int fill_table(Grams *grams, FILE *file) {
    Item items[AT_ONCE];
    size_t filled = 0, size;
    while ((size = fread(items, sizeof(Item), AT_ONCE, file)) > 0)
        for (size_t i = 0; i < size; i++) {
            if (items[i].count < grams->min_count)
                continue;
            if (!items[i].gram.high || filled++ == grams->count)
                return GRAMS_DAMAGED;
            size_t slot = gram_slot(grams->keys, grams->slots, items[i].gram);
            grams->keys[slot] = items[i].gram;
            grams->counts[slot] = items[i].count < UINT32_MAX ? (uint32_t)items[i].count : UINT32_MAX;
        }
    return ferror(file) ? GRAMS_FILE : filled == grams->count ? GRAMS_OK : GRAMS_DAMAGED;
}

int grams_load(Grams *grams, FILE *file) {
    Head head;
    if (fread(&head, sizeof(Head), 1, file) != 1)
        return ferror(file) ? GRAMS_FILE : GRAMS_DAMAGED;
    if (head.order < 2 || head.order > GRAM_UNITS || head.count > UINT32_MAX / 2)
        return GRAMS_DAMAGED;
    *grams = (Grams){.order = head.order, .total = head.total, .min_count = head.min_count, .count = head.count};
    grams->slots = grams->count + grams->count / 3 + 16; /* with half as many again: 1 GB of text took 20 MB more */
    grams->keys = calloc(grams->slots, sizeof(Gram));
    grams->counts = calloc(grams->slots, sizeof(uint32_t));
    return grams->keys && grams->counts ? fill_table(grams, file) : GRAMS_NO_MEMORY;
}
