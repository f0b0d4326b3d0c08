/* Vectors of VECTOR bytes: what the kernel needs of them. Part of skipgram_kernel.h; GCC's and clang's vector types. */
#include "skipgram.h"

#define inline_always static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 8")

typedef float Vector __attribute__((vector_size(VECTOR), may_alias));
typedef uint32_t Bits __attribute__((vector_size(VECTOR), may_alias));
typedef float Four __attribute__((vector_size(16), may_alias));

enum { LANES = VECTOR / 4 };

inline_always Vector load(const float *p) { return *(const Vector *)(const void *)p; }
inline_always void store(float *p, Vector v) { *(Vector *)(void *)p = v; }
inline_always Vector splat(float x) { return x - (Vector){0}; } /* + would make 0 of -0 */

/* Shuffles within each group of four lanes, out of two vectors. */
#if VECTOR == 16
#define LANES_OF(a, b, c, d) a, b, 4 + c, 4 + d
#elif VECTOR == 32
#define LANES_OF(a, b, c, d) a, b, 8 + c, 8 + d, 4 + a, 4 + b, 12 + c, 12 + d
#else
#define LANES_OF(a, b, c, d)                                                                                           \
    a, b, 16 + c, 16 + d, 4 + a, 4 + b, 20 + c, 20 + d, 8 + a, 8 + b, 24 + c, 24 + d, 12 + a, 12 + b, 28 + c, 28 + d
#endif
#ifdef __clang__
#define SHUFFLE(x, y, a, b, c, d) __builtin_shufflevector(x, y, LANES_OF(a, b, c, d))
#else
#define SHUFFLE(x, y, a, b, c, d) __builtin_shuffle(x, y, (Bits){LANES_OF(a, b, c, d)})
#endif

/* The sums of the lanes of four vectors. */
inline_always Four sum_lanes(const Vector v[4]) {
    Vector ab = SHUFFLE(v[0], v[1], 0, 1, 0, 1) + SHUFFLE(v[0], v[1], 2, 3, 2, 3);
    Vector cd = SHUFFLE(v[2], v[3], 0, 1, 0, 1) + SHUFFLE(v[2], v[3], 2, 3, 2, 3);
    union {
        Vector whole;
        Four four[LANES / 4];
    } sums = {SHUFFLE(ab, cd, 0, 2, 0, 2) + SHUFFLE(ab, cd, 1, 3, 1, 3)};
    Four sum = sums.four[0];
    UNROLL for (int i = 1; i < LANES / 4; i++)
        sum += sums.four[i];
    return sum;
}

/* 1 / (1 + e^-z) for |z| < 6, relative error 2e-7: 2^y with y = n + f, |f| <= 1/2, as a polynomial in f (a Chebyshev
 * fit, relative error 2e-9) and n added to the exponent's bits. */
inline_always Vector sigmoid(Vector z) {
    const Vector y = z * splat(-1.44269504F), shifted = y + splat(12582912.0F), f = y - (shifted - splat(12582912.0F));
    Vector p = FMA(f, splat(0.000153375775F), splat(0.00133998599F));
    p = FMA(f, p, splat(0.0096185198F));
    p = FMA(f, p, splat(0.0555032901F));
    p = FMA(f, p, splat(0.240226462F));
    p = FMA(f, p, splat(0.693147182F));
    p = FMA(f, p, splat(1.0F));
    const Vector power = (Vector)((Bits)p + ((Bits)shifted << 23));
    return splat(1.0F) / (splat(1.0F) + power);
}
