/* float32 as text and back, as numpy does it: the shortest decimal that gives the same float. */
#ifndef CILIU_FLOATS_H
#define CILIU_FLOATS_H

#include <stddef.h>
#include <stdint.h>

enum { FLOAT_LONGEST = 24 }; /* bytes that float_write may touch */

/* Write `value` as numpy's str() does. Returns the end of what was written. */
uint8_t *float_write(float value, uint8_t *out);

/* Read the number that begins at `p`, rounded to the nearest float. Returns its end, or NULL where there is none before
   `end`. */
const uint8_t *float_read(const uint8_t *p, const uint8_t *end, float *value);

#endif
