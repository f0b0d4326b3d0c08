/* Walker's alias table, built as Vose (1991) does. */
#include "skipgram.h"

#include <math.h>
#include <stdlib.h>

static uint32_t threshold_of(double share) { return share >= 1 ? UINT32_MAX : (uint32_t)(share * 4294967296.0); }

int alias_build(Alias *table, const int64_t *counts, uint32_t size, double exponent) {
    double *share = malloc(size * sizeof(double));
    uint32_t *stack = malloc(size * sizeof(uint32_t)); /* the small ones grow from below, the large ones from above */
    if (!share || !stack) {
        free(share);
        free(stack);
        return 0;
    }
    double total = 0;
    for (uint32_t i = 0; i < size; i++)
        total += share[i] = pow((double)counts[i], exponent);
    size_t small = 0, large = size;
    for (uint32_t i = 0; i < size; i++) {
        share[i] *= size / total;
        if (share[i] < 1)
            stack[small++] = i;
        else
            stack[--large] = i;
    }
    while (small && large < size) {
        uint32_t poor = stack[--small], rich = stack[large];
        table[poor] = (Alias){threshold_of(share[poor]), rich};
        share[rich] -= 1 - share[poor];
        if (share[rich] < 1) {
            large++;
            stack[small++] = rich;
        }
    }
    while (small) /* what rounding left over */
        share[stack[--large] = stack[--small]] = 1;
    for (; large < size; large++)
        table[stack[large]] = (Alias){UINT32_MAX, stack[large]};
    free(share);
    free(stack);
    return 1;
}
