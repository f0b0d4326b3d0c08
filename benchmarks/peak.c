/* How many multiply-adds can one core do? Ten vectors of 16 floats in registers, nothing from memory: 320 operations a
 * round. The sums start apart, else a compiler would compute one for all. */
typedef float Vector __attribute__((vector_size(64)));

float multiply_add(long rounds, float start) {
    Vector sums[10], a = (Vector){0} + 0.999F, b = (Vector){0} + 0.001F, sum = {0};
    for (int i = 0; i < 10; i++)
        sums[i] = (Vector){0} + start * (float)i;
    for (long k = 0; k < rounds; k++)
        for (int i = 0; i < 10; i++)
            sums[i] = sums[i] * a + b;
    for (int i = 0; i < 10; i++)
        sum += sums[i];
    return sum[0];
}

/* Two threads hand a cache line to and fro, so many times: how far apart are their cores? `me` is 0 or 1. */
void hand_over(int *turn, int me, long rounds) {
    for (long k = 0; k < rounds; k++) {
        while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) != me)
            ;
        __atomic_store_n(turn, 1 - me, __ATOMIC_RELEASE);
    }
}
