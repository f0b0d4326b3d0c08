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

/* An n-gram with its count, before all are known. */
typedef struct {
    Gram gram;
    uint64_t count;
} Item;

typedef struct {
    Item *items;
    size_t count, capacity, limit;
    uint64_t min_count;
} Items;

static int by_count(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

/* There are too many: raise the minimum so that at most half of what may stay does. */
static int raise_min_count(Items *all) {
    uint64_t *counts = malloc((all->count + 1) * sizeof(uint64_t));
    if (!counts)
        return 0;
    for (size_t i = 0; i < all->count; i++)
        counts[i] = all->items[i].count;
    qsort(counts, all->count, sizeof(uint64_t), by_count);
    all->min_count = counts[all->limit / 2] + 1;
    free(counts);
    size_t kept = 0;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].count >= all->min_count)
            all->items[kept++] = all->items[i];
    all->count = kept;
    return 1;
}

static int add_item(Items *all, Gram gram, uint64_t count) {
    if (count < all->min_count)
        return 1;
    if (all->count == all->capacity) {
        size_t capacity = all->capacity + all->capacity / 2 + 1024;
        Item *grown = realloc(all->items, capacity * sizeof(Item));
        if (!grown)
            return 0;
        all->items = grown;
        all->capacity = capacity;
    }
    all->items[all->count++] = (Item){gram, count};
    return all->count <= all->limit || raise_min_count(all);
}

/* Into a table with room for half as many again. */
static int fill_table(Grams *grams, Items *all) {
    grams->slots = all->count + all->count / 2 + 16;
    grams->keys = calloc(grams->slots, sizeof(Gram));
    grams->counts = calloc(grams->slots, sizeof(uint32_t));
    if (!grams->keys || !grams->counts || grams->slots > UINT32_MAX)
        return 0;
    for (size_t i = 0; i < all->count; i++) {
        size_t slot = gram_slot(grams->keys, grams->slots, all->items[i].gram);
        uint64_t count = all->items[i].count;
        grams->keys[slot] = all->items[i].gram;
        grams->counts[slot] = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
    }
    grams->count = all->count;
    grams->min_count = all->min_count;
    return 1;
}

int grams_merge(Grams *grams, Merger *merger, size_t order, uint64_t min_count, size_t limit) {
    Items all = {.limit = limit, .min_count = min_count};
    uint64_t counts[GRAM_UNITS + 1] = {0}, times = 0; /* of the prefixes of the present n-gram, by length */
    Gram before = {0, 0}, gram;
    int state = 1, memory = 1;
    grams->order = order;
    while (memory && state > 0) {
        state = merger_next(merger, &gram, &times);
        if (state <= 0)
            gram = (Gram){0, 0};
        for (size_t n = gram_length(before), shared = shared_units(before, gram); memory && n > shared; n--) {
            memory = add_item(&all, part_of(before, 0, n), counts[n]);
            counts[n] = 0;
        }
        for (size_t n = gram_length(gram); n > 0; n--)
            counts[n] += times;
        grams->total += state > 0 ? times : 0;
        before = gram;
    }
    memory = memory && fill_table(grams, &all);
    free(all.items);
    return !memory ? GRAMS_NO_MEMORY : state < 0 ? GRAMS_DAMAGED : GRAMS_OK;
}
