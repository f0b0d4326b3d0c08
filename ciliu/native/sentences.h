/* Where sentences end: the rule of ciliu/sentences.py, on bytes. */
#ifndef CILIU_SENTENCES_H
#define CILIU_SENTENCES_H

#include "cut.h"

typedef struct {
    Span *spans;
    size_t count, capacity;
} Spans;

/* Into `found`: a span of no length at each sentence end within a line of `text`, and the `kept` spans (ascending,
 * apart), in which no sentence ends. Returns 0 without memory. */
int find_sentences(const uint8_t *text, size_t size, const Span *kept, size_t kept_count, Spans *found);

#endif
