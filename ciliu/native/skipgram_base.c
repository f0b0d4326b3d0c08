/* The kernel as every machine runs it: SSE2 on x86-64, NEON on ARM. */
#define VECTOR 16
#ifdef __aarch64__
#include <arm_neon.h>
#define FMA(a, b, c) ((Vector)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#define TILE_TARGETS 6
#define UPDATE_ROWS 8
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#define TILE_TARGETS 3
#define UPDATE_ROWS 6
#endif
#include "skipgram_kernel.h"

static int runs_here(void) { return 1; }

const Kernel skipgram_base = {"baseline", runs_here, multiply, step, exchange};
