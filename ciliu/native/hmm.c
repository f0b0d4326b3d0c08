/* jieba.finalseg: words of a run of single characters, by a hidden Markov model with the states B E M S (begin, end,
 * middle of a word, single). Doubles, added in finalseg's order; on equal probabilities the later letter wins, which
 * decides often: -3.14e100, the value of what never occurred, swallows every other term. */
#include "cut.h"

enum { B, E, M, S };

typedef struct {
    double score;
    int later; /* whether the later of the two states was the better one before */
} Step;

static inline Step better(double earlier, double later) {
    int wins = later >= earlier;
    return (Step){wins ? later : earlier, wins};
}

/* The most probable states of the Han characters codes[0 .. count); `way` has a byte for each, which is set to 1 where a
 * word ends. */
static void viterbi(const Table *table, const uint16_t *codes, size_t count, uint8_t *way) {
    const double *start = table->header->start, *t = table->header->transition;
    const double be = t[4 * B + E], bm = t[4 * B + M], me = t[4 * M + E], mm = t[4 * M + M];
    const double eb = t[4 * E + B], es = t[4 * E + S], sb = t[4 * S + B], ss = t[4 * S + S];
    const double *emission = table->emission[codes[0]];
    double vb = start[B] + emission[B], ve = start[E] + emission[E];
    double vm = start[M] + emission[M], vs = start[S] + emission[S];
    way[0] = 0;
    for (size_t i = 1; i < count; i++) {
        emission = table->emission[codes[i]];
        Step b = better(ve + eb + emission[B], vs + sb + emission[B]);
        Step e = better(vb + be + emission[E], vm + me + emission[E]);
        Step m = better(vb + bm + emission[M], vm + mm + emission[M]);
        Step s = better(ve + es + emission[S], vs + ss + emission[S]);
        vb = b.score, ve = e.score, vm = m.score, vs = s.score;
        way[i] = (uint8_t)(b.later << B | e.later << E | m.later << M | s.later << S);
    }
    int state = vs >= ve ? S : E;
    for (size_t i = count; i-- > 0;) {
        int later = way[i] >> state & 1;
        way[i] = state == E || state == S;
        state = state == B || state == S ? (later ? S : E) : (later ? M : B);
    }
}

static int is_forced(const Table *table, const uint16_t *codes, size_t length) {
    const Node *node = table_walk(table, codes, length);
    if (!node)
        return 0;
    uint32_t number = (uint32_t)(node - table->nodes);
    size_t low = 0, high = table->header->force_split;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (table->force_split[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->header->force_split && table->force_split[low] == number;
}

static uint32_t *cut_han(const Table *table, const Scratch *scratch, size_t begin, size_t end, uint32_t *ends) {
    /* The scores are not needed any more: the first half of their bytes takes the ends, the second the way back. */
    uint8_t *way = (uint8_t *)scratch->scores + sizeof(uint32_t) * scratch->capacity;
    viterbi(table, scratch->codes + begin, end - begin, way);
    size_t word = begin;
    for (size_t i = begin; i < end; i++) {
        if (!way[i - begin])
            continue;
        if (table->header->force_split && i > word && is_forced(table, scratch->codes + word, i + 1 - word))
            for (size_t j = word; j < i; j++)
                *ends++ = scratch->offsets[j + 1];
        *ends++ = scratch->offsets[i + 1];
        word = i + 1;
    }
    return ends;
}

static int is_digit(uint32_t code) { return code - 53 < 10; }

/* What is no Han character, by finalseg's ([a-zA-Z0-9]+(?:\.\d+)?%?): its matches, and the gaps between them whole. */
static uint32_t *cut_other(const Scratch *scratch, size_t begin, size_t end, uint32_t *ends) {
    const uint16_t *codes = scratch->codes;
    for (size_t i = begin; i < end;) {
        size_t from = i;
        while (i < end && codes[i] > ALNUM_CODES)
            i++;
        if (i > from)
            *ends++ = scratch->offsets[i];
        if (i == end)
            break;
        while (i < end && codes[i] <= ALNUM_CODES)
            i++;
        if (i + 1 < end && codes[i] == ascii_codes['.'] && is_digit(codes[i + 1]))
            for (i++; i < end && is_digit(codes[i]);)
                i++;
        if (i < end && codes[i] == ascii_codes['%'])
            i++;
        *ends++ = scratch->offsets[i];
    }
    return ends;
}

uint32_t *hmm_cut(const Table *table, const Scratch *scratch, size_t begin, size_t end, uint32_t *ends) {
    const uint16_t *codes = scratch->codes;
    while (begin < end) {
        size_t stop = begin;
        int han = codes[begin] >= FIRST_HAN_CODE;
        while (stop < end && (codes[stop] >= FIRST_HAN_CODE) == han)
            stop++;
        ends = han ? cut_han(table, scratch, begin, stop, ends) : cut_other(scratch, begin, stop, ends);
        begin = stop;
    }
    return ends;
}
