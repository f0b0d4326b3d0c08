/* Sentences to blocks: subsampling, windows, draws. A block waits in a queue until its rows have come from memory. */
#include "skipgram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int worker_init(Worker *worker, const Model *model, unsigned threads,
                void (*visit)(Worker *, const Block *, const Block *later)) {
    memset(worker, 0, sizeof(*worker));
    worker->model = model;
    worker->visit = visit;
    worker->exchange_at = UNSEEN / threads;
    const size_t targets = padded(model->targets), products = products_size(model->targets) * sizeof(float);
    const size_t fetches = targets + padded(2 * (BLOCK + 1)); /* a whole window and its centre, in two matrices */
    const size_t size = targets * (2 * sizeof(float *) + 2 * sizeof(float)) + fetches * sizeof(float *);
    const size_t crown = model->syn1 && threads > 1 ? 2 * CROWN * model->stride * sizeof(float) : 0;
    char *memory = worker->memory = calloc(1, QUEUE * size + products + crown + 64);
    if (!memory)
        return 0;
    memory += 64 - (uintptr_t)memory % 64;
    worker->products = (float *)(void *)memory;
    memory += products;
    worker->crown = crown ? (float *)(void *)memory : NULL;
    memory += crown;
    for (size_t i = 0; i < QUEUE; i++, memory += size) {
        Block *block = &worker->queue[i];
        block->target_weight = (float *)(void *)memory;
        block->label = block->target_weight + targets;
        block->target = (float **)(void *)(block->label + targets);
        block->drawn = (uint64_t *)(void *)(block->target + targets);
        block->fetch = (float **)(void *)(block->drawn + targets);
    }
    return 1;
}

void worker_free(Worker *worker) {
    free(worker->memory);
    free(worker->words);
}

static Block *in_queue(Worker *worker, size_t place) { return &worker->queue[(worker->first + place) % QUEUE]; }

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

/* The first node of the crown: the nodes that most paths lead through have the last numbers. */
static size_t crown_start(const Model *model) { return model->vocabulary > CROWN ? model->vocabulary - CROWN : 0; }

static void add_path(const Worker *worker, Block *block) {
    const Model *model = worker->model;
    const size_t crown = worker->crown ? crown_start(model) : SIZE_MAX;
    for (int64_t i = model->offsets[block->centre]; i < model->offsets[block->centre + 1]; i++) {
        const size_t point = (size_t)model->points[i];
        float *row = model->syn1 + point * model->stride;
        if (point >= crown) {
            row = worker->crown + (point - crown) * model->stride;
            block->copies |= 1u << (point - crown);
        } else
            block->fetch[block->fetches++] = row;
        block->target[block->targets] = row;
        block->target_weight[block->targets] = 1;
        block->label[block->targets++] = 1 - model->codes[i];
    }
}

/* Between the copies and the rows that all threads see. */
static void exchange_crown(Worker *worker, uint32_t copies) {
    const Model *model = worker->model;
    for (size_t i = 0; copies >> i; i++)
        if (copies >> i & 1) {
            float *copy = worker->crown + i * model->stride, *old = copy + CROWN * model->stride;
            model->kernel->exchange(model->syn1 + (crown_start(model) + i) * model->stride, copy, old, model->width);
        }
    worker->learnt = 0;
    worker->unseen = 0;
}

/* The centre word and what is drawn; a draw of the centre word itself is dropped, as by gensim. */
static void add_draws(const Model *model, Block *block) {
    const uint32_t centre = block->centre;
    uint64_t seen = 0;
    float *own = model->syn1neg + centre * model->stride;
    block->targets = add_row(block->target, block->target_weight, 0, own, centre, &seen);
    block->label[0] = 1;
    for (uint32_t i = 0; i < model->negative; i++) {
        const uint32_t word = alias_draw(model->alias, model->vocabulary, block->drawn[i]);
        if (word == centre)
            continue;
        float *row = model->syn1neg + word * model->stride;
        block->fetch[block->fetches++] = row;
        block->label[block->targets] = 0;
        block->targets = add_row(block->target, block->target_weight, block->targets, row, word, &seen);
    }
}

/* What a block's targets are made of was asked for when the block was begun, and has come by now. */
static void finish_block(Worker *worker, Block *block) {
    if (block->is_path)
        add_path(worker, block);
    else
        add_draws(worker->model, block);
}

static void visit_first(Worker *worker, const Block *later) {
    const Block *block = in_queue(worker, 0);
    worker->visit(worker, block, later);
    worker->learnt |= block->copies;
    worker->unseen += block->contexts;
    if (worker->learnt && worker->unseen >= worker->exchange_at)
        exchange_crown(worker, worker->learnt);
    worker->first++;
    worker->waiting--;
}

/* Begins a block at the end of the queue, finishes the one before, and visits the first if the queue is long enough. */
static void push_block(Worker *worker, size_t from, size_t to, size_t centre, int is_path) {
    const Model *model = worker->model;
    Block *block = in_queue(worker, worker->waiting++);
    block->contexts = block->targets = block->fetches = 0;
    block->centre = worker->words[centre];
    block->is_path = is_path;
    block->copies = 0;
    uint64_t seen = 0;
    for (size_t i = from; i < to; i++)
        if (i != centre)
            block->contexts = add_row(block->context, block->context_weight, block->contexts,
                                      model->syn0 + worker->words[i] * model->stride, worker->words[i], &seen);
    for (size_t i = 0; !is_path && i < model->negative; i++) {
        block->drawn[i] = random_next(&worker->random);
        __builtin_prefetch(&model->alias[random_below(block->drawn[i], model->vocabulary)]);
    }
    if (is_path) {
        __builtin_prefetch(&model->points[model->offsets[block->centre]]);
        __builtin_prefetch(&model->codes[model->offsets[block->centre]]);
    }
    for (; worker->fetched < to; worker->fetched++) {
        block->fetch[block->fetches++] = model->syn0 + worker->words[worker->fetched] * model->stride;
        if (model->syn1neg)
            block->fetch[block->fetches++] = model->syn1neg + worker->words[worker->fetched] * model->stride;
    }
    Block *before = in_queue(worker, worker->waiting - 2);
    if (worker->waiting > 1)
        finish_block(worker, before);
    if (worker->waiting == QUEUE)
        visit_first(worker, before);
}

static void flush(Worker *worker) {
    if (worker->waiting)
        finish_block(worker, in_queue(worker, worker->waiting - 1));
    while (worker->waiting)
        visit_first(worker, in_queue(worker, worker->waiting - 1));
}

/* Each word with the words of its window, `share` at a time. Hierarchical softmax comes before negative sampling. */
static void run_sentence(Worker *worker, size_t count) {
    const Model *model = worker->model;
    const size_t share = model->share && model->share < BLOCK ? model->share : BLOCK;
    worker->fetched = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t window = model->window - random_below(random_next(&worker->random), model->window);
        const size_t end = i + window < count ? i + window + 1 : count;
        for (size_t from = i > window ? i - window : 0, to; from < end; from = to) {
            const size_t with_centre = from <= i && i < from + share; /* which is no context */
            to = from + share + with_centre < end ? from + share + with_centre : end;
            if (to - from == with_centre)
                continue;
            worker->pairs += to - from - with_centre;
            if (model->syn1)
                push_block(worker, from, to, i, 1);
            if (model->syn1neg)
                push_block(worker, from, to, i, 0);
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
    size_t count = 0, sentence_start = start;
    if (worker->crown) /* what the others learnt since the last chunk */
        exchange_crown(worker, (1u << (model->vocabulary - crown_start(model))) - 1);
    for (size_t i = start; i <= end; i++) {
        const int32_t id = i < end ? shard->ids[i] : -1;
        if (id < 0) {
            worker->sentence += i > sentence_start;
            if (!model->held_out || worker->sentence % model->held_out)
                run_sentence(worker, count);
            sentence_start = i + 1;
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
    exchange_crown(worker, worker->learnt);
    return 1;
}

void visit_step(Worker *worker, const Block *block, const Block *later) {
    worker->model->kernel->step(block, later, worker->model->width, worker->alpha, worker->products);
}

/* -log σ of the product towards its label. */
void visit_loss(Worker *worker, const Block *block, const Block *later) {
    (void)later;
    worker->model->kernel->multiply(block, worker->model->width, worker->products);
    for (size_t m = 0; m < block->contexts; m++)
        for (size_t t = 0; t < block->targets; t++) {
            const double f = worker->products[product_place(block, m, t)], z = block->label[t] == 1.0F ? -f : f;
            const double loss = z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
            worker->loss += loss * block->context_weight[m] * block->target_weight[t];
        }
}
