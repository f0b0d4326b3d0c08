/* The kernel for AVX-512. */
#if defined(__x86_64__)
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl")
#endif
#include <immintrin.h>

#define VECTOR 64
#define FMA(a, b, c) ((Vector)_mm512_fmadd_ps(a, b, c))
#define TILE_TARGETS 6
#define UPDATE_ROWS 8
#include "skipgram_kernel.h"

static int runs_here(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

const Kernel skipgram_avx512 = {"avx512", runs_here, multiply, step, exchange};

#ifdef __clang__
#pragma clang attribute pop
#endif
#else
#include "skipgram.h"

static int runs_here(void) { return 0; }

const Kernel skipgram_avx512 = {"avx512", runs_here, NULL, NULL, NULL};
#endif
