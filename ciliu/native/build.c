/* Compiling a dictionary: words sorted by their codes, then the trie laid out level by level, the commonest first. */
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_WORD (-INFINITY)
#define FREE 0xFFFFFFFFu
#define TRIES 64 /* failed places before the search moves on: more is denser (16 % at 2,000) and ten times slower */

typedef struct {
    uint32_t start, length; /* in the pool of codes */
    uint64_t frequency;     /* 0: only a word that the HMM must split */
    uint32_t order;         /* place in the list; of equal words the last counts */
} Word;

typedef struct { /* words[first .. last) share their first `depth` codes; their node (or root) waits for its children */
    uint32_t first, last, depth;
    int64_t node; /* < 0: the root of code -node */
} Group;

typedef struct {
    uint16_t *pool;
    size_t pool_used;
    Word *words;
    size_t count;
    uint16_t map[MAP_SIZE];
    Node *nodes;
    uint8_t *base_used;
    uint32_t *next_free;        /* the slot itself if it is free, else one nearer to the next that is */
    size_t capacity, used;      /* nodes allocated; one past the last that may be looked at */
    size_t single, several;     /* where the search for a place begins, by the number of children */
    uint32_t *forced;
    size_t forced_count;
    Node *roots;
} Build;

static uint32_t decode(const uint8_t **text, const uint8_t *end) {
    const uint8_t *p = *text;
    int length = *p < 0x80 ? 1 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : 4;
    if (end - p < length)
        length = (int)(end - p);
    uint32_t point = length == 1 ? *p : *p & (0xFFu >> (length + 1));
    for (int i = 1; i < length; i++)
        point = point << 6 | (p[i] & 0x3Fu);
    *text = p + length;
    return point;
}

/* In the pool stand first the characters themselves (Han as the offset from MAP_FIRST + 128), since codes come later. */
static int add_word(Build *build, const uint8_t *text, const uint8_t *end, uint64_t frequency) {
    size_t start = build->pool_used;
    while (text < end) {
        uint32_t point = decode(&text, end);
        if (point < 128 && ascii_codes[point])
            build->pool[build->pool_used++] = (uint16_t)point;
        else if (point - FIRST_HAN < HAN_COUNT)
            build->pool[build->pool_used++] = (uint16_t)(point - MAP_FIRST + 128);
        else {
            build->pool_used = start; /* jieba never joins this character with another: the word cannot match */
            return 1;
        }
    }
    size_t length = build->pool_used - start;
    if (length > LONGEST_WORD)
        return 0;
    if (length) {
        build->words[build->count] =
            (Word){(uint32_t)start, (uint32_t)length, frequency, (uint32_t)build->count};
        build->count++;
    }
    return 1;
}

static const char *read_words(Build *build, const char *text, size_t size, int with_frequency) {
    const char *end = text + size;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        if (!stop)
            stop = end;
        const char *tab = with_frequency ? memchr(text, '\t', (size_t)(stop - text)) : stop;
        if (!tab)
            return "a line without a tab";
        uint64_t frequency = 0;
        for (const char *digit = tab + 1; digit < stop; digit++) {
            if (*digit < '0' || *digit > '9' || frequency > UINT64_MAX / 10 - 1)
                return "a frequency that is no whole number";
            frequency = frequency * 10 + (uint64_t)(*digit - '0');
        }
        if ((frequency || !with_frequency) &&
            !add_word(build, (const uint8_t *)text, (const uint8_t *)tab, frequency))
            return "a word of more than 65,535 characters";
        text = stop + 1;
    }
    return NULL;
}

typedef struct {
    double times;
    uint32_t index;
} Rank;

static int compare_ranks(const void *left, const void *right) {
    const Rank *a = left, *b = right;
    return a->times != b->times ? (a->times < b->times ? 1 : -1) : (a->index > b->index) - (a->index < b->index);
}

/* Codes of the Han characters by how often they stand in the words, and the pool turned into codes. */
static int number_characters(Build *build) {
    Rank *ranks = calloc(HAN_COUNT, sizeof(Rank));
    if (!ranks)
        return 0;
    for (uint32_t i = 0; i < HAN_COUNT; i++)
        ranks[i].index = i;
    for (size_t w = 0; w < build->count; w++)
        for (uint32_t i = 0; i < build->words[w].length; i++) {
            uint16_t character = build->pool[build->words[w].start + i];
            if (character >= 128)
                ranks[character - 128u + MAP_FIRST - FIRST_HAN].times += (double)build->words[w].frequency;
        }
    qsort(ranks, HAN_COUNT, sizeof(Rank), compare_ranks);
    for (uint32_t i = 0; i < HAN_COUNT; i++)
        build->map[ranks[i].index + FIRST_HAN - MAP_FIRST] = (uint16_t)(FIRST_HAN_CODE + i);
    free(ranks);
    for (size_t i = 0; i < build->pool_used; i++)
        build->pool[i] = build->pool[i] < 128 ? ascii_codes[build->pool[i]] : build->map[build->pool[i] - 128];
    return 1;
}

static const uint16_t *sorted_pool; /* qsort has no argument to pass on; builds run one at a time under Python's lock */

static int compare_words(const void *left, const void *right) {
    const Word *a = left, *b = right;
    uint32_t shorter = a->length < b->length ? a->length : b->length;
    for (uint32_t i = 0; i < shorter; i++) {
        int difference = (int)sorted_pool[a->start + i] - (int)sorted_pool[b->start + i];
        if (difference)
            return difference;
    }
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

static int reserve(Build *build, size_t wanted) {
    if (wanted <= build->capacity)
        return 1;
    size_t capacity = wanted + wanted / 2;
    Node *nodes = realloc(build->nodes, capacity * sizeof(Node));
    if (nodes)
        build->nodes = nodes;
    uint8_t *base_used = realloc(build->base_used, capacity);
    if (base_used)
        build->base_used = base_used;
    uint32_t *next_free = realloc(build->next_free, capacity * sizeof(uint32_t));
    if (next_free)
        build->next_free = next_free;
    if (!nodes || !base_used || !next_free || capacity >= FREE)
        return 0;
    for (size_t i = build->capacity; i < capacity; i++) {
        nodes[i] = (Node){0, FREE, NO_WORD};
        next_free[i] = (uint32_t)i;
    }
    memset(base_used + build->capacity, 0, capacity - build->capacity);
    build->capacity = capacity;
    return 1;
}

static size_t find_free(const Build *build, size_t slot) {
    uint32_t *next = build->next_free;
    while (next[slot] != slot)
        slot = next[slot] = next[next[slot]];
    return slot;
}

static int fits(const Build *build, size_t base, const uint16_t *codes, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (build->nodes[base + codes[i]].check != FREE)
            return 0;
    return 1;
}

/* Take the slots of all `codes` from a base of their own. Returns the base; 0 without memory. */
static uint32_t place(Build *build, const uint16_t *codes, size_t count) {
    size_t *from = count == 1 ? &build->single : &build->several;
    size_t slot = *from;
    for (int tries = 1;; tries++, slot++) {
        if (!reserve(build, slot + 3 * CODES))
            return 0;
        slot = find_free(build, slot);
        size_t base = slot - codes[0];
        if (slot > codes[0] && !build->base_used[base] && fits(build, base, codes, count)) {
            build->base_used[base] = 1;
            if (base + CODES > build->used)
                build->used = base + CODES;
            for (size_t i = 0; i < count; i++) {
                build->nodes[base + codes[i]].check = (uint32_t)base;
                build->next_free[base + codes[i]] = (uint32_t)(base + codes[i] + 1);
            }
            return (uint32_t)base;
        }
        if (tries % TRIES == 0)
            *from = slot;
    }
}

/* The words of a group that end at its depth: their weight, and whether the HMM must split them. */
static uint32_t finish_node(Build *build, const Group *group, Node *node, double log_total) {
    uint32_t first = group->first;
    for (; first < group->last && build->words[first].length == group->depth; first++) {
        if (build->words[first].frequency)
            node->weight = log((double)build->words[first].frequency) - log_total;
        else if (group->node >= 0)
            build->forced[build->forced_count++] = (uint32_t)group->node;
    }
    return first;
}

static int lay_out(Build *build, double log_total) {
    Group *queue = malloc((build->pool_used + CODES + 1) * sizeof(Group));
    uint16_t *codes = malloc(CODES * sizeof(uint16_t));
    size_t head = 0, tail = 0;
    int done = queue && codes;
    for (uint32_t first = 0, next; done && first < build->count; first = next) {
        uint16_t code = build->pool[build->words[first].start];
        for (next = first; next < build->count && build->pool[build->words[next].start] == code;)
            next++;
        queue[tail++] = (Group){first, next, 1, -(int64_t)code};
    }
    for (; done && head < tail; head++) {
        Group group = queue[head];
        Node *node = group.node < 0 ? &build->roots[-group.node] : &build->nodes[group.node];
        uint32_t first = finish_node(build, &group, node, log_total);
        if (first == group.last)
            continue;
        size_t children = 0, begin = tail;
        for (uint32_t next; first < group.last; first = next) {
            uint16_t code = build->pool[build->words[first].start + group.depth];
            for (next = first;
                 next < group.last && build->pool[build->words[next].start + group.depth] == code;)
                next++;
            codes[children++] = code;
            queue[tail++] = (Group){first, next, group.depth + 1, 0};
        }
        uint32_t base = place(build, codes, children);
        if (!(done = base != 0))
            break;
        node = group.node < 0 ? &build->roots[-group.node] : &build->nodes[group.node]; /* place() may move them */
        node->base = base;
        for (size_t i = 0; i < children; i++)
            queue[begin + i].node = (int64_t)base + codes[i];
    }
    free(queue);
    free(codes);
    return done;
}

static int compare_numbers(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static void *write_table(Build *build, uint64_t total, double log_total, const double *hmm, size_t *size) {
    if (build->used < CODES)
        build->used = CODES;
    if (!reserve(build, build->used))
        return NULL;
    qsort(build->forced, build->forced_count, sizeof(uint32_t), compare_numbers);
    *size = table_size(build->used, build->forced_count);
    Header *header = calloc(1, *size);
    if (!header)
        return NULL;
    memcpy(header->magic, "CILIUDIC", 8);
    header->version = FORMAT_VERSION;
    header->order = BYTE_ORDER_MARK;
    header->size = *size;
    header->nodes = (uint32_t)build->used;
    header->force_split = (uint32_t)build->forced_count;
    header->total = total;
    header->unknown = 0.0 - log_total;
    for (size_t w = 0; w < build->count; w++) {
        header->words += build->words[w].frequency != 0;
        if (build->words[w].length > header->longest)
            header->longest = build->words[w].length;
    }
    memcpy(header->start, hmm, sizeof(header->start));
    memcpy(header->transition, hmm + 4, sizeof(header->transition));
    Node *roots = (Node *)(header + 1);
    memcpy(roots, build->roots, CODES * sizeof(Node));
    memcpy(roots + CODES, build->nodes, build->used * sizeof(Node));
    double(*emission)[4] = (double(*)[4])(roots + CODES + build->used);
    for (uint32_t i = 0; i < HAN_COUNT; i++)
        memcpy(emission[build->map[i + FIRST_HAN - MAP_FIRST]], hmm + 20 + 4 * i, sizeof(double[4]));
    uint32_t *forced = (uint32_t *)(emission + CODES);
    memcpy(forced, build->forced, build->forced_count * sizeof(uint32_t));
    memcpy(forced + build->forced_count, build->map, sizeof(build->map));
    return header;
}

void *table_build(const char *tsv, size_t tsv_size, const char *force_split, size_t force_size, uint64_t total,
                  const double *hmm, size_t *size, const char **reason) {
    size_t text = tsv_size + force_size + 1, lines = 2;
    for (size_t i = 0; i < tsv_size; i++)
        lines += tsv[i] == '\n';
    for (size_t i = 0; i < force_size; i++)
        lines += force_split[i] == '\n';
    Build *build = calloc(1, sizeof(Build));
    void *table = NULL;
    double log_total = log((double)(total ? total : 1)); /* an empty dictionary: every character is unknown */
    *reason = "no memory";
    if (build && text < FREE && lines < FREE && (build->pool = malloc(text * sizeof(uint16_t))) &&
        (build->words = malloc(lines * sizeof(Word))) && (build->forced = malloc(lines * sizeof(uint32_t))) &&
        (build->roots = calloc(CODES, sizeof(Node)))) {
        for (size_t code = 1; code < CODES; code++)
            build->roots[code].weight = NO_WORD;
        *reason = read_words(build, tsv, tsv_size, 1);
        if (!*reason)
            *reason = read_words(build, force_split, force_size, 0);
        if (!*reason) {
            *reason = "no memory";
            if (number_characters(build)) {
                sorted_pool = build->pool;
                qsort(build->words, build->count, sizeof(Word), compare_words);
                if (lay_out(build, log_total))
                    table = write_table(build, total, log_total, hmm, size);
            }
        }
    }
    if (build) {
        free(build->pool);
        free(build->words);
        free(build->forced);
        free(build->roots);
        free(build->nodes);
        free(build->base_used);
        free(build->next_free);
        free(build);
    }
    return table;
}
