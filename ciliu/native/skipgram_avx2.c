/* The kernel for AVX2 and FMA. */
#if defined(__x86_64__)
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#include <immintrin.h>

#define VECTOR 32
#define FMA(a, b, c) ((Vector)_mm256_fmadd_ps(a, b, c))
#define TILE_TARGETS 3
#define UPDATE_ROWS 6
#include "skipgram_kernel.h"

static int runs_here(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const Kernel skipgram_avx2 = {"avx2", runs_here, multiply, step, exchange};

#ifdef __clang__
#pragma clang attribute pop
#endif
#else
#include "skipgram.h"

static int runs_here(void) { return 0; }

const Kernel skipgram_avx2 = {"avx2", runs_here, NULL, NULL, NULL};
#endif
