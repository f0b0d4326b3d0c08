/* Training in threads: they take chunks off one counter, and train them without locks on rows (Recht et al. 2011). */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* madvise */
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE /* MAP_ANON */
#endif
#include "skipgram.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

typedef struct {
    const Training *training;
    atomic_uint_fast64_t next, words, trained;
    atomic_bool failed;
    uint64_t end;
    unsigned threads;
} Run;

double training_alpha(const Training *training, uint64_t done) {
    const Chunks *chunks = &training->chunks;
    if (done >= training->epochs * chunks->count)
        return training->min_alpha;
    const double words = (double)chunks->words;
    const double in_epoch = (double)chunks->chunks[done % chunks->count].words_before;
    const double before = (double)(done / chunks->count) * words + in_epoch;
    return training->alpha - (training->alpha - training->min_alpha) * (before / ((double)training->epochs * words));
}

static uint64_t words_of(const Chunks *chunks, size_t number) {
    const uint64_t end = number + 1 < chunks->count ? chunks->chunks[number + 1].words_before : chunks->words;
    return end - chunks->chunks[number].words_before;
}

static void *work(void *argument) {
    Run *run = argument;
    const Training *training = run->training;
    const Chunks *chunks = &training->chunks;
    Worker worker;
    int good = worker_init(&worker, &training->model, run->threads, visit_step);
    uint64_t done, words = 0;
    while (good && !atomic_load(&run->failed) && (done = atomic_fetch_add(&run->next, 1)) < run->end) {
        const size_t number = (size_t)(done % chunks->count);
        const Chunk *chunk = &chunks->chunks[number];
        worker.random = random_start(training->model.seed, done / chunks->count, number);
        worker.sentence = chunk->sentences_before;
        worker.alpha = (float)training_alpha(training, done);
        good = worker_run(&worker, &training->shards[chunk->shard], chunk->start, chunk->end);
        words += words_of(chunks, number);
    }
    if (!good)
        atomic_store(&run->failed, 1);
    atomic_fetch_add(&run->words, words);
    atomic_fetch_add(&run->trained, worker.words_trained);
    worker_free(&worker);
    return NULL;
}

int training_run(const Training *training, uint64_t done, uint64_t end, unsigned threads, uint64_t *words,
                 uint64_t *trained) {
    Run run = {.training = training, .end = end, .threads = threads};
    atomic_init(&run.next, done);
    pthread_t *others = calloc(threads, sizeof(pthread_t));
    if (!others)
        return 0;
    unsigned started = 0;
    while (started + 1 < threads && pthread_create(&others[started], NULL, work, &run) == 0)
        started++; /* where the system gives no more threads, fewer do the work */
    work(&run);
    for (unsigned i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    free(others);
    *words += atomic_load(&run.words);
    *trained += atomic_load(&run.trained);
    return !atomic_load(&run.failed);
}

/* Rows are read at random, and with small pages each one would wait for the page tables too. */
float *matrix_new(size_t rows, size_t stride) {
    const size_t size = rows * stride * sizeof(float);
    void *matrix = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (matrix == MAP_FAILED)
        return NULL;
#ifdef MADV_HUGEPAGE
    madvise(matrix, size, MADV_HUGEPAGE);
#endif
    return matrix;
}

void matrix_free(float *matrix, size_t rows, size_t stride) {
    if (matrix)
        munmap(matrix, rows * stride * sizeof(float));
}
