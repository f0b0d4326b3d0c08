/* Skip-gram with negative sampling, hierarchical softmax, or both: what its parts share.
 *
 * The work comes in blocks: the rows of some context words times the rows of their targets. The context words of one
 * block are neighbours of one centre word; its targets are the centre word and words drawn at random (negative
 * sampling), or the inner nodes on the centre word's way down the Huffman tree (hierarchical softmax). A block is one
 * step: all products of the rows as they are, the gradients, then both sides' updates out of the old rows. A word that
 * stands, or was drawn, twice in a block is one row of weight 2. */
#ifndef CILIU_SKIPGRAM_H
#define CILIU_SKIPGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    BLOCK = 64,    /* context rows of a block, at most; the whole window of more than 32 words takes two */
    LINE = 16,     /* floats of a cache line and of the widest vector; zeros fill a row up to a multiple */
    QUEUE = 4,     /* blocks made ahead, at most, so that what they need comes from memory meanwhile */
    CHUNK = 10000, /* words of a chunk: gensim's batch_words */
    CROWN = 16,    /* last rows of syn1, which each of several threads has copies of: the tree's upper four levels */
    UNSEEN = 64,   /* context words that all threads together train before they exchange what their copies learnt */
};

/* The next of a sequence of random numbers: splitmix64 (Steele, Lea, Flood 2014); the n-th of them is
 * random_mix(start + n * RANDOM_STEP). */
#define RANDOM_STEP UINT64_C(0x9E3779B97F4A7C15)

static inline uint64_t random_mix(uint64_t z) {
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static inline uint64_t random_next(uint64_t *state) { return random_mix(*state += RANDOM_STEP); }

/* 0 … n - 1 out of the upper half of a random number. */
static inline uint32_t random_below(uint64_t random, uint32_t n) { return (uint32_t)((random >> 32) * n >> 32); }

/* Where a chunk's sequence starts. */
static inline uint64_t random_start(uint64_t seed, uint64_t epoch, uint64_t chunk) {
    uint64_t state = seed;
    state = random_next(&state) + epoch;
    state = random_next(&state) + chunk;
    return random_next(&state);
}

/* Walker's alias table: a place is drawn evenly, then its word or the other one, in one read. */
typedef struct {
    uint32_t threshold, other; /* the place's own word if the lower half of the random number is below the threshold */
} Alias;

/* Fills `table` for probabilities proportional to counts ** exponent. Returns 0 without memory. */
int alias_build(Alias *table, const int64_t *counts, uint32_t size, double exponent);

static inline uint32_t alias_draw(const Alias *table, uint32_t size, uint64_t random) {
    uint32_t place = random_below(random, size);
    const Alias found = table[place];
    return found.other ^ ((place ^ found.other) & (0u - ((uint32_t)random < found.threshold))); /* no branch to guess */
}

typedef struct {
    _Alignas(64) float context_weight[BLOCK];
    float *context[BLOCK];
    size_t contexts, targets;
    float **target, *target_weight;
    float *label; /* of each target: 1, or 0 for a word that was drawn, or for code 1 of the Huffman tree */
    uint32_t centre;
    int is_path;
    uint64_t *drawn; /* random numbers, out of which the targets will be made */
    uint32_t copies; /* a bit for each row of the crown among the targets */
    float **fetch;   /* rows that this block is the first to need */
    size_t fetches;
} Block;

/* The kernel: written once (skipgram_kernel.h), compiled for several instruction sets. `width` is floats of a row. */
typedef struct {
    const char *name;
    int (*runs_here)(void);
    /* All products; the one of context m and target t lies at product_place(). */
    void (*multiply)(const Block *block, size_t width, float *products);
    /* The whole step; fetches the rows of a later block. A product of 6 and more, or -6 and less, changes nothing:
     * gensim's MAX_EXP. */
    void (*step)(const Block *block, const Block *later, size_t width, float alpha, float *products);
    /* Adds to a row what its copy learnt since it was as `old`; then both are the row. */
    void (*exchange)(float *row, float *copy, float *old, size_t width);
} Kernel;

extern const Kernel skipgram_avx512, skipgram_avx2, skipgram_base;

static inline size_t padded(size_t n) { return (n + LINE - 1) / LINE * LINE; }
/* The side that fills the vectors better runs along them. */
static inline int is_by_target(const Block *block) {
    return block->contexts * padded(block->targets) < block->targets * padded(block->contexts);
}
static inline size_t products_size(size_t targets) { return (targets > 4 ? padded(targets) : LINE) * BLOCK; }
static inline size_t product_place(const Block *block, size_t m, size_t t) {
    return is_by_target(block) ? m * padded(block->targets) + t : t * BLOCK + m;
}

typedef struct {
    const int32_t *ids, *map; /* -1 ends a sentence; map: rank in the vocabulary, -1 for none */
    size_t size, map_size;
} Shard;

/* Whole sentences of one shard, about CHUNK words as they stand in the ids. */
typedef struct {
    size_t shard, start, end;
    uint64_t words_before, sentences_before; /* in this epoch; a sentence has a word at least */
} Chunk;

typedef struct {
    Chunk *chunks;
    size_t count, capacity;
    uint64_t words, sentences;
} Chunks;

/* Divides the shards; in `problem` (of `size` bytes) a sentence about what is wrong. Returns 0 then. */
int chunks_find(Chunks *chunks, const Shard *shards, size_t count, uint32_t vocabulary, char *problem, size_t size);

/* What is trained, and how. Rows are `width` floats, `stride` apart, aligned to a cache line. */
typedef struct {
    uint32_t vocabulary;
    size_t vector_size, width, stride;
    uint32_t window, negative, share;
    uint64_t held_out; /* of so many sentences the last is not trained on; 0: none */
    uint64_t seed;
    float *syn0, *syn1neg, *syn1; /* the last two NULL without their objective */
    const uint32_t *sample_int;   /* a word is dropped if the upper half of a random number is above */
    Alias *alias;
    const int64_t *offsets; /* word w: points and codes from offsets[w] to before offsets[w + 1]; NULL without HS */
    const int32_t *points;
    const uint8_t *codes;
    size_t targets; /* of a block, at most */
    const Kernel *kernel;
} Model;

/* One thread's work. */
typedef struct Worker Worker;
struct Worker {
    const Model *model;
    void (*visit)(Worker *, const Block *, const Block *later); /* a step of training, or a look at the loss */
    uint64_t random;
    float alpha;
    float *products;
    /* The crown's rows, and behind them as they were: every path leads through some, and a row that two threads write in
     * turns is on its way between their cores most of the time. NULL for one thread. */
    float *crown;
    uint32_t learnt;          /* of these copies; a bit for each */
    size_t unseen, exchange_at; /* context words since the last exchange, and how many there may be */
    Block queue[QUEUE];
    size_t first, waiting;
    uint32_t *words; /* of a sentence, after subsampling */
    size_t capacity, fetched; /* words of the sentence whose rows were asked for */
    uint64_t sentence, words_trained, pairs; /* of the next sentence the number */
    double loss;
    void *memory;
};

/* One of so many threads. Returns 0 without memory. */
int worker_init(Worker *worker, const Model *model, unsigned threads,
                void (*visit)(Worker *, const Block *, const Block *later));
void worker_free(Worker *worker);

/* Visits all blocks of these ids (whole sentences) in order, but for each held_out-th sentence. Returns 0 without
 * memory. */
int worker_run(Worker *worker, const Shard *shard, size_t start, size_t end);

/* A training: chunk `done` of all epochs' chunks is chunk done % count of epoch done / count. */
typedef struct {
    Model model;
    Shard *shards;
    size_t shard_count;
    Chunks chunks;
    uint64_t epochs;
    double alpha, min_alpha;
} Training;

/* The learning rate of a chunk: falls in a line over the words of all epochs. */
double training_alpha(const Training *training, uint64_t done);

/* Trains the chunks from `done` to before `end`; threads take them in turn, without a lock on any row. Adds to `words`
 * (as they stand in the ids) and `trained` (after subsampling). Returns 0 without memory. */
int training_run(const Training *training, uint64_t done, uint64_t end, unsigned threads, uint64_t *words,
                 uint64_t *trained);

/* A matrix of zeros in memory of its own, on huge pages where the system has them. NULL without memory. */
float *matrix_new(size_t rows, size_t stride);
void matrix_free(float *matrix, size_t rows, size_t stride);

void visit_step(Worker *worker, const Block *block, const Block *later);
void visit_loss(Worker *worker, const Block *block, const Block *later);

#endif
