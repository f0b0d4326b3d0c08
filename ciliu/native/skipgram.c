/* Sentences to blocks: subsampling, windows, draws. A block waits in a queue until its rows have come from memory. */
#include "skipgram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int worker_init(Worker *worker, const Model *model, void (*visit)(Worker *, const Block *)) {
    memset(worker, 0, sizeof(*worker));
    worker->model = model;
    worker->visit = visit;
    const size_t targets = padded(model->targets), floats = targets * (sizeof(float *) + 2 * sizeof(float));
    char *memory = worker->memory = calloc(1, QUEUE * floats + products_size(model->targets) * sizeof(float) + 64);
    if (!memory)
        return 0;
    memory += 64 - (uintptr_t)memory % 64;
    worker->products = (float *)(void *)memory;
    memory += products_size(model->targets) * sizeof(float);
    for (size_t i = 0; i < QUEUE; i++, memory += floats) {
        Block *block = &worker->queue[i];
        block->target = (float **)(void *)memory;
        block->target_weight = (float *)(void *)(block->target + targets);
        block->label = block->target_weight + targets;
    }
    return 1;
}

void worker_free(Worker *worker) {
    free(worker->memory);
    free(worker->words);
}

static void fetch(const float *row, size_t width) {
    for (size_t i = 0; i < width; i += LINE)
        __builtin_prefetch(row + i);
}

/* An empty block at the end of the queue; if that is full, the first is visited. */
static Block *new_block(Worker *worker) {
    const size_t ahead = worker->model->share == 1 ? QUEUE : 2;
    if (worker->waiting == ahead) {
        worker->visit(worker, &worker->queue[worker->first]);
        worker->first = (worker->first + 1) % QUEUE;
        worker->waiting--;
    }
    Block *block = &worker->queue[(worker->first + worker->waiting++) % QUEUE];
    block->contexts = block->targets = 0;
    return block;
}

static void flush(Worker *worker) {
    for (; worker->waiting; worker->waiting--, worker->first = (worker->first + 1) % QUEUE)
        worker->visit(worker, &worker->queue[worker->first]);
}

/* A row that is there already weighs more. `seen` has a bit for each of 64 classes of words: mostly it says enough. */
static size_t add_row(float **rows, float *weights, size_t count, float *row, uint32_t word, uint64_t *seen) {
    const uint64_t bit = UINT64_C(1) << word % 64;
    if (*seen & bit)
        for (size_t i = 0; i < count; i++)
            if (rows[i] == row) {
                weights[i]++;
                return count;
            }
    *seen |= bit;
    rows[count] = row;
    weights[count] = 1;
    return count + 1;
}

static void add_path(Worker *worker, Block *block, uint32_t centre) {
    const Model *model = worker->model;
    for (int64_t i = model->offsets[centre]; i < model->offsets[centre + 1]; i++) {
        float *row = model->syn1 + (size_t)model->points[i] * model->width;
        fetch(row, model->width);
        block->target[block->targets] = row;
        block->target_weight[block->targets] = 1;
        block->label[block->targets++] = 1 - model->codes[i];
    }
}

/* The centre word and what is drawn; a draw of the centre word itself is dropped, as by gensim. */
static void add_draws(Worker *worker, Block *block, uint32_t centre) {
    const Model *model = worker->model;
    uint64_t seen = 0;
    block->targets = add_row(block->target, block->target_weight, 0, model->syn1neg + centre * model->width, centre, &seen);
    block->label[0] = 1;
    for (uint32_t i = 0; i < model->negative; i++) {
        uint32_t word = alias_draw(model->alias, model->vocabulary, random_next(&worker->random));
        if (word == centre)
            continue;
        float *row = model->syn1neg + word * model->width;
        fetch(row, model->width);
        block->label[block->targets] = 0;
        block->targets = add_row(block->target, block->target_weight, block->targets, row, word, &seen);
    }
}

static void add_contexts(Block *block, const Model *model, const uint32_t *words, size_t from, size_t to, size_t centre) {
    uint64_t seen = 0;
    for (size_t i = from; i < to; i++)
        if (i != centre)
            block->contexts = add_row(block->context, block->context_weight, block->contexts,
                                      model->syn0 + words[i] * model->width, words[i], &seen);
}

/* The context words from `from` to before `to`, which share their targets. Hierarchical softmax comes first. */
static void make_blocks(Worker *worker, size_t from, size_t to, size_t centre) {
    const Model *model = worker->model;
    worker->pairs += to - from - (from <= centre && centre < to);
    if (model->syn1) {
        Block *block = new_block(worker);
        add_contexts(block, model, worker->words, from, to, centre);
        add_path(worker, block, worker->words[centre]);
    }
    if (model->syn1neg) {
        Block *block = new_block(worker);
        add_contexts(block, model, worker->words, from, to, centre);
        add_draws(worker, block, worker->words[centre]);
    }
}

static void run_sentence(Worker *worker, size_t count) {
    const Model *model = worker->model;
    const size_t share = model->share && model->share < BLOCK ? model->share : BLOCK;
    size_t fetched = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t window = model->window - random_below(random_next(&worker->random), model->window);
        for (; fetched < count && fetched <= i + 1 + model->window; fetched++) {
            fetch(model->syn0 + worker->words[fetched] * model->width, model->width);
            if (model->syn1neg)
                fetch(model->syn1neg + worker->words[fetched] * model->width, model->width);
        }
        const size_t end = i + window < count ? i + window + 1 : count;
        for (size_t from = i > window ? i - window : 0, to; from < end; from = to) {
            to = from + share + (from <= i && i < from + share); /* the centre word is no context */
            if (to > end)
                to = end;
            if (to - from > (from <= i && i < to))
                make_blocks(worker, from, to, i);
        }
    }
    worker->words_trained += count;
}

static int keep(Worker *worker, uint32_t word, size_t count) {
    if (count == worker->capacity) {
        size_t capacity = worker->capacity ? 2 * worker->capacity : 1024;
        uint32_t *grown = realloc(worker->words, capacity * sizeof(uint32_t));
        if (!grown)
            return 0;
        worker->words = grown;
        worker->capacity = capacity;
    }
    worker->words[count] = word;
    return 1;
}

int worker_run(Worker *worker, const Shard *shard, size_t start, size_t end) {
    const Model *model = worker->model;
    size_t count = 0;
    for (size_t i = start; i <= end; i++) {
        const int32_t id = i < end ? shard->ids[i] : -1;
        if (id < 0) {
            run_sentence(worker, count);
            count = 0;
            continue;
        }
        /* the files were looked at, but somebody may have written to them since */
        const uint32_t word = (size_t)id < shard->map_size ? (uint32_t)shard->map[id] : UINT32_MAX;
        if (word >= model->vocabulary || (uint32_t)(random_next(&worker->random) >> 32) > model->sample_int[word])
            continue;
        if (!keep(worker, word, count++))
            return 0;
    }
    flush(worker);
    return 1;
}

void visit_step(Worker *worker, const Block *block) {
    worker->model->kernel->step(block, worker->model->width, worker->alpha, worker->products);
}

/* -log σ of the product towards its label. */
void visit_loss(Worker *worker, const Block *block) {
    worker->model->kernel->multiply(block, worker->model->width, worker->products);
    for (size_t m = 0; m < block->contexts; m++)
        for (size_t t = 0; t < block->targets; t++) {
            const double f = worker->products[product_place(block, m, t)], z = block->label[t] == 1.0F ? -f : f;
            const double loss = z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
            worker->loss += loss * block->context_weight[m] * block->target_weight[t];
        }
}
