/* ciliu._native.Trainer: its arguments, looked at before they are believed. */
#include "trainer.h"

#include <math.h>
#include <stdlib.h>

static int take_shards(TrainerObject *self, PyObject *shards) {
    Training *training = &self->training;
    const Py_ssize_t count = PySequence_Fast_GET_SIZE(shards);
    training->shards = calloc((size_t)count + 1, sizeof(Shard));
    self->buffers = calloc(FIXED_BUFFERS + 2 * (size_t)count, sizeof(Py_buffer));
    if (!training->shards || !self->buffers) {
        PyErr_NoMemory();
        return 0;
    }
    self->buffer_count = FIXED_BUFFERS + 2 * (size_t)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *ids, *map;
        if (!PyArg_ParseTuple(PySequence_Fast_GET_ITEM(shards, i), "OO;a shard is a pair of ids and map", &ids, &map))
            return 0;
        const size_t place = FIXED_BUFFERS + 2 * (size_t)i;
        Shard *shard = &training->shards[i];
        if (!(shard->ids = keep_buffer(self, place, ids, 'i', "ids", -1)) ||
            !(shard->map = keep_buffer(self, place + 1, map, 'i', "map", -1)))
            return 0;
        shard->size = (size_t)self->buffers[place].len / sizeof(int32_t);
        shard->map_size = (size_t)self->buffers[place + 1].len / sizeof(int32_t);
        training->shard_count++;
    }
    return 1;
}

/* Each word's way down the Huffman tree, and how long the longest is. */
static int take_paths(TrainerObject *self, PyObject *offsets, PyObject *points, PyObject *codes) {
    Model *model = &self->training.model;
    if (!(model->offsets = keep_buffer(self, 1, offsets, 'q', "offsets", (Py_ssize_t)model->vocabulary + 1)))
        return 0;
    const int64_t size = model->offsets[model->vocabulary];
    if (size < 0)
        return PyErr_Format(PyExc_ValueError, "offsets: the last is %lld", (long long)size), 0;
    if (!(model->points = keep_buffer(self, 2, points, 'i', "points", (Py_ssize_t)size)) ||
        !(model->codes = keep_buffer(self, 3, codes, 'B', "codes", (Py_ssize_t)size)))
        return 0;
    for (uint32_t i = 0; i < model->vocabulary; i++) {
        const int64_t length = model->offsets[i + 1] - model->offsets[i];
        if (length < 0 || model->offsets[0])
            return PyErr_Format(PyExc_ValueError, "offsets: they do not rise from 0"), 0;
        if ((uint64_t)length > model->targets)
            model->targets = (size_t)length;
    }
    for (int64_t i = 0; i < size; i++)
        if ((uint32_t)model->points[i] >= model->vocabulary || model->codes[i] > 1)
            return PyErr_Format(PyExc_ValueError, "points, codes: there is no node %d, or no code %d", model->points[i],
                                model->codes[i]),
                   0;
    return 1;
}

static int build_alias(Model *model, PyObject *counts, double ns_exponent) {
    Py_buffer buffer;
    if (!take_buffer(counts, &buffer, 'q', 0, "counts"))
        return 0;
    const int64_t *items = buffer.buf;
    for (uint32_t i = 0; i < model->vocabulary; i++)
        if (items[i] < 1) {
            PyErr_Format(PyExc_ValueError, "counts: word %u has %lld", i, (long long)items[i]);
            PyBuffer_Release(&buffer);
            return 0;
        }
    int built;
    Py_BEGIN_ALLOW_THREADS
    model->alias = malloc(model->vocabulary * sizeof(Alias));
    built = model->alias && alias_build(model->alias, items, model->vocabulary, ns_exponent);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&buffer);
    return built ? 1 : (PyErr_NoMemory(), 0);
}

/* A matrix, with rows that are given or zeros. */
static float *new_matrix(const Model *model, PyObject *rows, const char *name) {
    float *matrix = matrix_new(model->vocabulary, model->stride);
    if (!matrix)
        return (float *)PyErr_NoMemory();
    if (rows == Py_None)
        return matrix;
    Py_buffer buffer;
    int good = take_buffer(rows, &buffer, 'f', 0, name);
    if (good && (size_t)buffer.len != model->vocabulary * model->vector_size * sizeof(float)) {
        PyErr_Format(PyExc_ValueError, "%s: not %u rows of %zu", name, model->vocabulary, model->vector_size);
        PyBuffer_Release(&buffer);
        good = 0;
    }
    if (!good) {
        matrix_free(matrix, model->vocabulary, model->stride);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    copy_rows(model, matrix, buffer.buf, 0, model->vocabulary, 1);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&buffer);
    return matrix;
}

static int find_chunks(Training *training) {
    char problem[160];
    int good;
    Py_BEGIN_ALLOW_THREADS
    good = chunks_find(&training->chunks, training->shards, training->shard_count, training->model.vocabulary, problem,
                       sizeof(problem));
    Py_END_ALLOW_THREADS
    return good ? 1 : (PyErr_SetString(PyExc_ValueError, problem), 0);
}

static const char *check_numbers(const Training *training, Py_ssize_t vector_size, double ns_exponent) {
    const Model *model = &training->model;
    if (vector_size < 1 || vector_size > 1 << 16)
        return "vector_size: 1 to 65,536";
    if (model->window < 1 || model->window > 1 << 20)
        return "window: 1 to 1,048,576";
    if (model->negative > 1 << 16)
        return "negative: 0 to 65,536";
    if (training->epochs < 1 || training->epochs > 1 << 20)
        return "epochs: 1 to 1,048,576";
    if (!isfinite(training->alpha) || !isfinite(training->min_alpha) || !isfinite(ns_exponent))
        return "alpha, min_alpha, ns_exponent: a finite number";
    return NULL;
}

PyObject *trainer_new(PyTypeObject *type, PyObject *arguments, PyObject *options) {
    static char *names[] = {"shards", "counts", "sample_int", "vector_size", "window", "negative", "ns_exponent",
                            "alpha", "min_alpha", "epochs", "seed", "share", "target", "syn0", "syn1neg", "syn1",
                            "offsets", "points", "codes", "held_out", NULL};
    PyObject *given, *counts, *sample_int, *syn0 = Py_None, *syn1neg = Py_None, *syn1 = Py_None, *offsets = Py_None,
             *points = Py_None, *codes = Py_None;
    Py_ssize_t vector_size;
    unsigned long long epochs, seed, held_out = 0;
    double ns_exponent;
    const char *target = "auto";
    TrainerObject *self = (TrainerObject *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    Training *training = &self->training;
    Model *model = &training->model;
    PyObject *shards = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, options, "OOOnIIdddKK|IsOOOOOOK", names, &given, &counts, &sample_int,
                                     &vector_size, &model->window, &model->negative, &ns_exponent, &training->alpha,
                                     &training->min_alpha, &epochs, &seed, &model->share, &target, &syn0, &syn1neg,
                                     &syn1, &offsets, &points, &codes, &held_out))
        goto fail;
    training->epochs = epochs;
    model->seed = seed;
    model->held_out = held_out;
    const char *problem = check_numbers(training, vector_size, ns_exponent);
    const Py_ssize_t words = PyObject_Length(counts);
    if (!problem && !PyErr_Occurred() && (words < 1 || words > INT32_MAX))
        problem = "counts: a word at least, 2,147,483,647 at most";
    if (!problem && !model->negative && offsets == Py_None)
        problem = "negative = 0 and no offsets: nothing to train by";
    if (problem)
        PyErr_SetString(PyExc_ValueError, problem);
    if (PyErr_Occurred() || !(model->kernel = choose_kernel(target)))
        goto fail;
    model->vocabulary = (uint32_t)words;
    model->vector_size = (size_t)vector_size;
    model->width = padded((size_t)vector_size);
    /* rows a multiple of 512 bytes apart would all compete for the same few places of the cache */
    model->stride = model->width % (8 * LINE) ? model->width : model->width + LINE;
    model->targets = (size_t)model->negative + 1;
    if (!(shards = PySequence_Fast(given, "shards: a sequence of pairs of ids and map")) ||
        !take_shards(self, shards) ||
        !(model->sample_int = keep_buffer(self, 0, sample_int, 'I', "sample_int", words)) ||
        (offsets != Py_None && !take_paths(self, offsets, points, codes)) ||
        (model->negative && !build_alias(model, counts, ns_exponent)) || !find_chunks(training) ||
        !(model->syn0 = new_matrix(model, syn0, "syn0")) ||
        (model->negative && !(model->syn1neg = new_matrix(model, syn1neg, "syn1neg"))) ||
        (offsets != Py_None && !(model->syn1 = new_matrix(model, syn1, "syn1"))))
        goto fail;
    Py_DECREF(shards);
    return (PyObject *)self;
fail:
    Py_XDECREF(shards);
    Py_DECREF(self);
    return NULL;
}

void trainer_dealloc(PyObject *object) {
    TrainerObject *self = (TrainerObject *)object;
    Model *model = &self->training.model;
    for (size_t i = 0; i < self->buffer_count; i++)
        PyBuffer_Release(&self->buffers[i]);
    free(self->buffers);
    free(self->training.shards);
    free(self->training.chunks.chunks);
    free(model->alias);
    matrix_free(model->syn0, model->vocabulary, model->stride);
    matrix_free(model->syn1neg, model->vocabulary, model->stride);
    matrix_free(model->syn1, model->vocabulary, model->stride);
    Py_TYPE(object)->tp_free(object);
}
