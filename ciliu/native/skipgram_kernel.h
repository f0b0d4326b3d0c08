/* One block's step, over vectors of VECTOR bytes. Each skipgram_<set>.c includes this once and names
 *
 *   VECTOR            16, 32 or 64
 *   FMA(a, b, c)      a * b + c over vectors
 *   TILE_TARGETS      rows that are multiplied by four others at once: 4 * TILE_TARGETS sums stay in registers
 *   UPDATE_ROWS       rows that are updated at once: 2 * UPDATE_ROWS vectors stay in registers; 8 at most
 *
 * Loops over these have constant bounds once `inline_always` has done its work, and are unrolled, so that local arrays
 * of vectors are registers. */
#include "skipgram_vector.h"

/* The products of nx <= 4 rows x and ny rows y. */
inline_always void multiply_tile(int nx, int ny, float *const *x, float *const *y, size_t width, float *out,
                                 size_t lead) {
    Vector sums[TILE_TARGETS][4] = {0};
    for (size_t i = 0; i < width; i += LANES) {
        Vector a[4];
        UNROLL for (int k = 0; k < nx; k++)
            a[k] = load(x[k] + i);
        UNROLL for (int j = 0; j < ny; j++) {
            const Vector b = load(y[j] + i);
            UNROLL for (int k = 0; k < nx; k++)
                sums[j][k] = FMA(a[k], b, sums[j][k]);
        }
    }
    UNROLL for (int j = 0; j < ny; j++)
        *(Four *)(void *)(out + (size_t)j * lead) = sum_lanes(sums[j]);
}

inline_always void multiply_row(int nx, float *const *x, float *const *y, size_t ny, size_t width, float *out,
                                size_t lead) {
    for (size_t left = ny; left; ) { /* equal parts, so that no tile is much smaller than the others */
        const size_t tiles = (left + TILE_TARGETS - 1) / TILE_TARGETS, n = left / tiles;
        switch (n) {
#define TILE(n)                                                                                                        \
    case n:                                                                                                            \
        multiply_tile(nx, n, x, y, width, out, lead);                                                                  \
        break;
            TILE(1)
#if TILE_TARGETS > 1
            TILE(2)
#endif
#if TILE_TARGETS > 2
            TILE(3)
#endif
#if TILE_TARGETS > 3
            TILE(4)
#endif
#if TILE_TARGETS > 4
            TILE(5)
#endif
#if TILE_TARGETS > 5
            TILE(6)
#endif
#undef TILE
        }
        left -= n;
        y += n;
        out += n * lead;
    }
}

static void multiply_sides(float *const *x, size_t nx, float *const *y, size_t ny, size_t width, float *out,
                           size_t lead) {
    for (; nx >= 4; nx -= 4, x += 4, out += 4)
        multiply_row(4, x, y, ny, width, out, lead);
    if (nx == 3)
        multiply_row(3, x, y, ny, width, out, lead);
    else if (nx == 2)
        multiply_row(2, x, y, ny, width, out, lead);
    else if (nx == 1)
        multiply_row(1, x, y, ny, width, out, lead);
}

static void multiply(const Block *block, size_t width, float *products) {
    if (is_by_target(block))
        multiply_sides(block->target, block->targets, block->context, block->contexts, width, products,
                       padded(block->targets));
    else
        multiply_sides(block->context, block->contexts, block->target, block->targets, width, products, BLOCK);
}

inline_always Vector gradient(Vector product, Vector label, Vector rate) {
    const Vector g = rate * (label - sigmoid(product));
    return (Vector)((Bits)g & (Bits)(product < splat(6.0F)) & (Bits)(product > splat(-6.0F)));
}

/* Products to steps: alpha * weights * (label - σ(product)). */
static void differentiate(const Block *block, float alpha, float *products) {
    const size_t lead = padded(block->targets);
    if (is_by_target(block))
        for (size_t m = 0; m < block->contexts; m++)
            for (size_t t = 0; t < block->targets; t += LANES) {
                const Vector rate = load(block->target_weight + t) * splat(alpha * block->context_weight[m]);
                float *place = products + m * lead + t;
                store(place, gradient(load(place), load(block->label + t), rate));
            }
    else
        for (size_t t = 0; t < block->targets; t++)
            for (size_t m = 0; m < block->contexts; m += LANES) {
                const Vector rate = load(block->context_weight + m) * splat(alpha * block->target_weight[t]);
                float *place = products + t * BLOCK + m;
                store(place, gradient(load(place), splat(block->label[t]), rate));
            }
}

/* A line of each row that a later block needs: some at a time, for a core waits where it has asked for too many. */
inline_always void fetch_lines(const Block *later, size_t i) {
    if (i % LINE == 0)
        for (size_t k = 0; k < later->fetches; k++)
            __builtin_prefetch(later->fetch[k] + i, 0, 2); /* to the second level: the first is full */
}

/* One side of a block in an update: its rows, and how far apart two of its gradients lie. */
typedef struct {
    float *const *rows;
    size_t count, by;
} Side;

/* One vector of n rows x and of all rows y, out of their old values. Where the rows x take several rounds, `old` keeps
 * the old values of y; else NULL. */
inline_always void update_tile(size_t n, float *const *x, size_t by_x, const Side *y, size_t i, const float *g,
                               const Vector *old) {
    Vector before[8], after[8];
    UNROLL for (size_t k = 0; k < n; k++)
        before[k] = after[k] = load(x[k] + i);
    for (size_t m = 0; m < y->count; m++) {
        Vector row = load(y->rows[m] + i), sum = row;
        if (old)
            row = old[m];
        UNROLL for (size_t k = 0; k < n; k++) {
            const Vector step = splat(g[m * y->by + k * by_x]);
            sum = FMA(step, before[k], sum);
            after[k] = FMA(step, row, after[k]);
        }
        store(y->rows[m] + i, sum);
    }
    UNROLL for (size_t k = 0; k < n; k++)
        store(x[k] + i, after[k]);
}

inline_always void update_all(size_t n, const Side *x, const Side *y, const Block *later, size_t width, const float *g) {
    for (size_t i = 0; i < width; i += LANES) {
        fetch_lines(later, i);
        update_tile(n, x->rows, x->by, y, i, g, NULL);
    }
}

/* More rows on both sides than fit the registers. */
inline_always void update_many(const Side *x, const Side *y, const Block *later, size_t width, const float *g) {
    Vector old[BLOCK];
    for (size_t i = 0; i < width; i += LANES) {
        fetch_lines(later, i);
        for (size_t m = 0; m < y->count; m++)
            old[m] = load(y->rows[m] + i);
        for (size_t t = 0; t < x->count; ) {
            const size_t left = x->count - t, rounds = (left + UPDATE_ROWS - 1) / UPDATE_ROWS;
            const size_t n = left / rounds;
            switch (n) {
#define ROUND(n)                                                                                                       \
    case n:                                                                                                            \
        update_tile(n, x->rows + t, x->by, y, i, g + t * x->by, old);                                                  \
        break;
                ROUND(1)
                ROUND(2)
                ROUND(3)
                ROUND(4)
#if UPDATE_ROWS > 4
                ROUND(5)
                ROUND(6)
#endif
#if UPDATE_ROWS > 6
                ROUND(7)
                ROUND(8)
#endif
#undef ROUND
            }
            t += n;
        }
    }
}

/* Rows x of few enough, if there are, are read and written once. */
inline_always void update(const Side *x, const Side *y, const Block *later, size_t width, const float *g) {
    switch (x->count) {
    case 0:
        break;
#define ALL(n)                                                                                                         \
    case n:                                                                                                            \
        update_all(n, x, y, later, width, g);                                                                          \
        break;
        ALL(1)
        ALL(2)
        ALL(3)
        ALL(4)
#if UPDATE_ROWS > 4
        ALL(5)
        ALL(6)
#endif
#if UPDATE_ROWS > 6
        ALL(7)
        ALL(8)
#endif
#undef ALL
    default:
        update_many(x, y, later, width, g);
    }
}

static void step(const Block *block, const Block *later, size_t width, float alpha, float *products) {
    multiply(block, width, products);
    differentiate(block, alpha, products);
    Side context = {block->context, block->contexts, 1}, target = {block->target, block->targets, 1};
    if (is_by_target(block))
        context.by = padded(block->targets);
    else
        target.by = BLOCK;
    if (target.count <= UPDATE_ROWS || context.count > UPDATE_ROWS)
        update(&target, &context, later, width, products);
    else
        update(&context, &target, later, width, products);
}

static void exchange(float *row, float *copy, float *old, size_t width) {
    for (size_t i = 0; i < width; i += LANES) {
        const Vector sum = load(row + i) + (load(copy + i) - load(old + i));
        store(row + i, sum);
        store(copy + i, sum);
        store(old + i, sum);
    }
}
