/* ciliu._native.Trainer: what its files share. */
#ifndef CILIU_TRAINER_H
#define CILIU_TRAINER_H

#include "module.h"
#include "skipgram.h"

enum { FIXED_BUFFERS = 4 }; /* sample_int, offsets, points, codes; behind them ids and map of each shard */

typedef struct {
    PyObject_HEAD
    Training training;
    Py_buffer *buffers; /* of others, used where they lie */
    size_t buffer_count;
    uint64_t done;
    int busy; /* a thread is in run() */
} TrainerObject;

/* Takes the buffer of `object`: a C-contiguous array whose items are `kind`: 'f' float32, 'i' int32, 'I' uint32,
 * 'q' int64, 'B' uint8. Returns 0 with ValueError raised, which says `name`. */
int take_buffer(PyObject *object, Py_buffer *buffer, char kind, int writable, const char *name);

/* The address of a buffer that is kept until the Trainer goes, with as many items as told (-1: any number). */
const void *keep_buffer(TrainerObject *self, size_t place, PyObject *object, char kind, const char *name,
                        Py_ssize_t items);

/* Copies rows from (`inwards`) or to an array of vector_size columns. */
void copy_rows(const Model *model, float *matrix, float *rows, size_t first, size_t count, int inwards);

/* The kernel of a name; "auto": the best that runs here. NULL with ValueError raised. */
const Kernel *choose_kernel(const char *name);
extern const Kernel *const kernels[3]; /* the best first */

PyObject *trainer_new(PyTypeObject *type, PyObject *arguments, PyObject *options);
void trainer_dealloc(PyObject *object);

#endif
