/* Where the chunks of a corpus start: one look at all ids, which also finds out whether they can be believed. */
#include "skipgram.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int add(Chunks *chunks, size_t shard, size_t start) {
    if (chunks->count == chunks->capacity) {
        size_t capacity = chunks->capacity ? 2 * chunks->capacity : 1024;
        Chunk *grown = realloc(chunks->chunks, capacity * sizeof(Chunk));
        if (!grown)
            return 0;
        chunks->chunks = grown;
        chunks->capacity = capacity;
    }
    chunks->chunks[chunks->count++] = (Chunk){shard, start, start, chunks->words, chunks->sentences};
    return 1;
}

static int check_map(const Shard *shard, uint32_t vocabulary, size_t number, char *problem, size_t size) {
    for (size_t i = 0; i < shard->map_size; i++)
        if (shard->map[i] < -1 || (shard->map[i] >= 0 && (uint32_t)shard->map[i] >= vocabulary)) {
            snprintf(problem, size,
                     "shard %zu: the map gives word %zu the rank %" PRId32 ", and there are %" PRIu32 " words", number,
                     i, shard->map[i], vocabulary);
            return 0;
        }
    return 1;
}

/* As gensim fills its jobs: a sentence goes into the chunk before it if both have CHUNK words at most. */
static int divide(Chunks *chunks, const Shard *shard, size_t number, char *problem, size_t size) {
    size_t sentence = 0, words = 0, in_chunk = 0;
    size_t first = chunks->count;
    for (size_t i = 0; i <= shard->size; i++) {
        int32_t id = i < shard->size ? shard->ids[i] : -1;
        if (id >= 0 && (size_t)id < shard->map_size) {
            words++;
            continue;
        }
        if (id != -1) {
            snprintf(problem, size, "shard %zu: id %" PRId32 " at place %zu, and the map has %zu words", number, id, i,
                     shard->map_size);
            return 0;
        }
        if (words && (chunks->count == first || in_chunk + words > CHUNK)) {
            if (!add(chunks, number, sentence)) {
                snprintf(problem, size, "no memory");
                return 0;
            }
            in_chunk = 0;
        }
        if (words) {
            chunks->chunks[chunks->count - 1].end = i;
            chunks->sentences++;
        }
        in_chunk += words;
        chunks->words += words;
        words = 0;
        sentence = i + 1;
    }
    return 1;
}

int chunks_find(Chunks *chunks, const Shard *shards, size_t count, uint32_t vocabulary, char *problem, size_t size) {
    for (size_t i = 0; i < count; i++)
        if (!check_map(&shards[i], vocabulary, i, problem, size) || !divide(chunks, &shards[i], i, problem, size))
            return 0;
    return 1;
}
