/* What of new words is native: count_grams, merge_runs, keep_grams, vote, find_words, and the type Grams. Python's lock is let go. */
#include "module.h"

#include "candidates.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    PyObject_HEAD
    Grams grams;
} GramsObject;

static PyObject *raise_order(void) { return PyErr_Format(PyExc_ValueError, "n-grams have 2 to %d characters", GRAM_UNITS); }

/* What was written, as bytes; what it lay in is freed. */
static PyObject *finish(Buffer *written, int memory) {
    PyObject *result = memory ? PyBytes_FromStringAndSize((const char *)written->bytes, (Py_ssize_t)written->size) : PyErr_NoMemory();
    free(written->bytes);
    return result;
}

PyObject *count_grams(PyObject *module, PyObject *arguments) {
    Py_buffer text;
    unsigned order;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*I", &text, &order))
        return NULL;
    PyObject *result = NULL;
    if (order < 2 || order > GRAM_UNITS)
        raise_order();
    else {
        Buffer run = {0};
        int memory;
        Py_BEGIN_ALLOW_THREADS
        memory = grams_count(text.buf, (size_t)text.len, order, &run);
        Py_END_ALLOW_THREADS
        result = finish(&run, memory);
    }
    PyBuffer_Release(&text);
    return result;
}

/* Open the runs in a sequence of paths as bytes. NULL and an exception where that fails. */
static Merger *open_merger(PyObject *paths) {
    PyObject *sequence = PySequence_Fast(paths, "paths as bytes");
    if (!sequence)
        return NULL;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(sequence);
    const char **names = calloc((size_t)count + 1, sizeof(char *));
    Merger *merger = NULL;
    int good = names != NULL;
    for (Py_ssize_t i = 0; good && i < count; i++)
        good = (names[i] = PyBytes_AsString(PySequence_Fast_GET_ITEM(sequence, i))) != NULL;
    errno = 0;
    if (good && !(merger = merger_open(names, (size_t)count))) {
        if (errno)
            PyErr_SetFromErrno(PyExc_OSError);
        else
            PyErr_SetString(PyExc_ValueError, "a run of n-grams is damaged");
    } else if (!good && !PyErr_Occurred())
        PyErr_NoMemory();
    free(names);
    Py_DECREF(sequence);
    return merger;
}

static int write_merged(Merger *merger, FILE *file) {
    Buffer run = {0};
    Gram before = {0, 0}, gram;
    uint64_t count;
    int state, done = 1;
    while (done && (state = merger_next(merger, &gram, &count)) > 0) {
        done = grams_write(&run, before, gram, count);
        before = gram;
        if (run.size > (size_t)1 << 18) {
            done = done && fwrite(run.bytes, 1, run.size, file) == run.size;
            run.size = 0;
        }
    }
    done = done && (!run.size || fwrite(run.bytes, 1, run.size, file) == run.size); /* without an n-gram there are no bytes */
    free(run.bytes);
    return done ? state : -2;
}

PyObject *merge_runs(PyObject *module, PyObject *arguments) {
    PyObject *paths;
    const char *target;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "Oy", &paths, &target))
        return NULL;
    Merger *merger = open_merger(paths);
    if (!merger)
        return NULL;
    FILE *file = fopen(target, "wb");
    int state = -2;
    Py_BEGIN_ALLOW_THREADS
    if (file) {
        state = write_merged(merger, file);
        if (fclose(file))
            state = -2;
    }
    merger_close(merger);
    Py_END_ALLOW_THREADS
    if (state == -1)
        return PyErr_Format(PyExc_ValueError, "a run of n-grams is damaged");
    if (state == -2)
        return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}

/* The exception for what grams_keep and grams_load return; NULL. */
static PyObject *raise_kept(int state) {
    if (state == GRAMS_NO_MEMORY)
        return PyErr_NoMemory();
    return state == GRAMS_FILE ? PyErr_SetFromErrno(PyExc_OSError) : PyErr_Format(PyExc_ValueError, "a run of n-grams is damaged");
}

PyObject *keep_grams(PyObject *module, PyObject *arguments) {
    PyObject *paths;
    unsigned order;
    unsigned long long min_count, limit;
    const char *target;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OIKKy", &paths, &order, &min_count, &limit, &target))
        return NULL;
    if (order < 2 || order > GRAM_UNITS || !limit)
        return raise_order();
    Merger *merger = open_merger(paths);
    if (!merger)
        return NULL;
    FILE *file = fopen(target, "wb");
    int state = GRAMS_FILE;
    Py_BEGIN_ALLOW_THREADS
    if (file) {
        state = grams_keep(merger, order, min_count, (size_t)limit, file);
        if (fclose(file) && state == GRAMS_OK)
            state = GRAMS_FILE;
    }
    merger_close(merger);
    Py_END_ALLOW_THREADS
    if (state != GRAMS_OK)
        return raise_kept(state);
    Py_RETURN_NONE;
}

static PyObject *grams_new(PyTypeObject *type, PyObject *arguments, PyObject *options) {
    const char *path;
    (void)options;
    if (!PyArg_ParseTuple(arguments, "y", &path))
        return NULL;
    GramsObject *self = (GramsObject *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    int state = GRAMS_FILE;
    Py_BEGIN_ALLOW_THREADS
    FILE *file = fopen(path, "rb");
    if (file) {
        state = grams_load(&self->grams, file);
        fclose(file);
    }
    Py_END_ALLOW_THREADS
    if (state == GRAMS_OK)
        return (PyObject *)self;
    Py_DECREF(self);
    return raise_kept(state);
}

static PyObject *grams_look_up(PyObject *object, PyObject *word) {
    const Grams *grams = &((GramsObject *)object)->grams;
    Py_ssize_t length = PyUnicode_Check(word) ? PyUnicode_GetLength(word) : 0;
    if (length < 1 || length > GRAM_UNITS)
        return Py_BuildValue("Id", 0u, 0.0);
    uint16_t units[GRAM_UNITS];
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 point = PyUnicode_ReadChar(word, i);
        units[i] = point < 0x10000 ? (uint16_t)point : 0;
    }
    Gram gram = gram_of(units, (size_t)length);
    uint32_t count = gram.high ? grams_get(grams, gram) : 0;
    return Py_BuildValue("Id", count, count && length > 1 ? grams_cohesion(grams, gram, (size_t)length) : 0.0);
}

/* Mark the slots of the n-grams that reach the thresholds (one for each length from 2), a bit each; how many do. */
static size_t mark(const Grams *grams, const double *thresholds, uint8_t *marks) {
    size_t count = 0;
    for (size_t i = 0; i < grams->slots; i++) {
        size_t length = gram_length(grams->keys[i]);
        if (length > 1 && grams_cohesion(grams, grams->keys[i], length) >= thresholds[length - 2]) {
            marks[i / 8] |= (uint8_t)(1u << (i & 7));
            count++;
        }
    }
    return count;
}

/* The marked ones as a set with room for half as many again. */
static PyObject *make_set(const Grams *grams, const uint8_t *marks, size_t count) {
    size_t slots = count + count / 2 + 16;
    PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(slots * sizeof(Gram)));
    if (!result)
        return NULL;
    Gram *chosen = (Gram *)(void *)PyBytes_AS_STRING(result);
    memset(chosen, 0, slots * sizeof(Gram));
    for (size_t i = 0; i < grams->slots; i++)
        if (marks[i / 8] >> (i & 7) & 1)
            chosen[gram_slot(chosen, slots, grams->keys[i])] = grams->keys[i];
    return result;
}

static PyObject *grams_cohesive(PyObject *object, PyObject *arguments) {
    const Grams *grams = &((GramsObject *)object)->grams;
    double thresholds[GRAM_UNITS] = {0};
    PyObject *given;
    if (!PyArg_ParseTuple(arguments, "O!", &PyTuple_Type, &given))
        return NULL;
    if (PyTuple_GET_SIZE(given) + 1 != (Py_ssize_t)grams->order)
        return PyErr_Format(PyExc_ValueError, "a threshold for each length from 2 to %zu", grams->order);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(given); i++)
        thresholds[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(given, i));
    if (PyErr_Occurred())
        return NULL;
    uint8_t *marks = calloc(grams->slots / 8 + 1, 1);
    if (!marks)
        return PyErr_NoMemory();
    size_t count;
    Py_BEGIN_ALLOW_THREADS
    count = mark(grams, thresholds, marks);
    Py_END_ALLOW_THREADS
    PyObject *result = make_set(grams, marks, count);
    free(marks);
    return result;
}

static PyObject *grams_facts(PyObject *object, PyObject *nothing) {
    const Grams *grams = &((GramsObject *)object)->grams;
    (void)nothing;
    return Py_BuildValue("KKn", (unsigned long long)grams->total, (unsigned long long)grams->min_count, (Py_ssize_t)grams->count);
}

static int write_pieces(const Words *pieces, Buffer *lines) {
    for (size_t i = 0; i < pieces->count; i++) {
        const Word *word = &pieces->words[i];
        char *out = (char *)buffer_reserve(lines, word->length + 22);
        if (!out)
            return 0;
        memcpy(out, pieces->text + word->offset, word->length);
        out[word->length] = '\t';
        out = words_write_number(out + word->length + 1, word->count);
        *out++ = '\n';
        lines->size = (size_t)((uint8_t *)out - lines->bytes);
    }
    return 1;
}

PyObject *vote(PyObject *module, PyObject *arguments) {
    Py_buffer table, text;
    unsigned order;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*Iy*", &table, &order, &text))
        return NULL;
    PyObject *result = NULL;
    if (order < 2 || order > GRAM_UNITS)
        raise_order();
    else if (table.len % (Py_ssize_t)sizeof(Gram) || text.len >= UINT32_MAX)
        PyErr_SetString(PyExc_ValueError, "no table of n-grams, or a text of 4 GiB");
    else {
        Words pieces = {0};
        Buffer lines = {0};
        int memory;
        Py_BEGIN_ALLOW_THREADS
        memory = candidates_vote(table.buf, (size_t)table.len / sizeof(Gram), order, text.buf, (size_t)text.len, &pieces) &&
                 write_pieces(&pieces, &lines);
        words_free(&pieces);
        Py_END_ALLOW_THREADS
        result = finish(&lines, memory);
    }
    PyBuffer_Release(&table);
    PyBuffer_Release(&text);
    return result;
}

PyObject *find_words(PyObject *module, PyObject *arguments) {
    Py_buffer words, text;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*", &words, &text))
        return NULL;
    Buffer places = {0};
    int memory = 0;
    if (text.len < UINT32_MAX) {
        Py_BEGIN_ALLOW_THREADS
        memory = candidates_find(words.buf, (size_t)words.len, text.buf, (size_t)text.len, &places);
        Py_END_ALLOW_THREADS
    }
    PyObject *result = finish(&places, memory);
    PyBuffer_Release(&words);
    PyBuffer_Release(&text);
    return result;
}

static void grams_dealloc(PyObject *object) {
    grams_free(&((GramsObject *)object)->grams);
    Py_TYPE(object)->tp_free(object);
}

static PyMethodDef methods[] = {
    {"get", grams_look_up, METH_O, "get(word): its count, 0 below the minimum; its cohesion"},
    {"cohesive", grams_cohesive, METH_VARARGS, "cohesive(thresholds): the n-grams that hold together, for vote()"},
    {"facts", grams_facts, METH_NOARGS, "facts(): characters, the minimum count, n-grams"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject GramsType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ciliu._native.Grams",
    .tp_doc = "Grams(path): the n-grams that keep_grams wrote.",
    .tp_basicsize = sizeof(GramsObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = grams_new,
    .tp_dealloc = grams_dealloc,
    .tp_methods = methods,
};
