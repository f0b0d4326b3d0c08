/* ciliu._native.Trainer: its methods. */
#include "trainer.h"

#include <math.h>

void copy_rows(const Model *model, float *matrix, float *rows, size_t first, size_t count, int inwards) {
    const size_t size = model->vector_size * sizeof(float);
    for (size_t i = 0; i < count; i++) {
        float *own = matrix + (first + i) * model->stride, *other = rows + i * model->vector_size;
        memcpy(inwards ? own : other, inwards ? other : own, size);
    }
}

static PyObject *move_rows(PyObject *object, PyObject *arguments, int inwards) {
    const Model *model = &((TrainerObject *)object)->training.model;
    const char *name;
    PyObject *rows;
    unsigned long long first = 0;
    if (!PyArg_ParseTuple(arguments, "sO|K", &name, &rows, &first))
        return NULL;
    float *matrix = strcmp(name, "syn0") == 0      ? model->syn0
                    : strcmp(name, "syn1neg") == 0 ? model->syn1neg
                    : strcmp(name, "syn1") == 0    ? model->syn1
                                                   : NULL;
    if (!matrix)
        return PyErr_Format(PyExc_ValueError, "%s: no such matrix here", name);
    Py_buffer buffer;
    if (!take_buffer(rows, &buffer, 'f', !inwards, name))
        return NULL;
    const size_t size = model->vector_size * sizeof(float), count = (size_t)buffer.len / size;
    const int good = (size_t)buffer.len % size == 0 && first <= model->vocabulary && count <= model->vocabulary - first;
    if (good) {
        Py_BEGIN_ALLOW_THREADS
        copy_rows(model, matrix, buffer.buf, (size_t)first, count, inwards);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&buffer);
    if (!good)
        return PyErr_Format(PyExc_ValueError, "%s: whole rows of %zu, from row %llu on, of %u", name,
                            model->vector_size, first, model->vocabulary);
    Py_RETURN_NONE;
}

static PyObject *trainer_get(PyObject *object, PyObject *arguments) { return move_rows(object, arguments, 0); }
static PyObject *trainer_set(PyObject *object, PyObject *arguments) { return move_rows(object, arguments, 1); }

static uint64_t chunks_in_all(const Training *training) { return training->epochs * training->chunks.count; }

static PyObject *trainer_run(PyObject *object, PyObject *arguments) {
    TrainerObject *self = (TrainerObject *)object;
    const Training *training = &self->training;
    unsigned long long chunks;
    unsigned threads = 1;
    if (!PyArg_ParseTuple(arguments, "K|I", &chunks, &threads))
        return NULL;
    if (threads < 1 || threads > 4096)
        return PyErr_Format(PyExc_ValueError, "threads: 1 to 4,096");
    if (self->busy)
        return PyErr_Format(PyExc_RuntimeError, "this Trainer is in run() already");
    const uint64_t left = chunks_in_all(training) - self->done, end = self->done + (chunks < left ? chunks : left);
    uint64_t words = 0, trained = 0;
    int good;
    self->busy = 1;
    Py_BEGIN_ALLOW_THREADS
    good = training_run(training, self->done, end, threads, &words, &trained);
    Py_END_ALLOW_THREADS
    self->busy = 0;
    if (!good)
        return PyErr_NoMemory();
    self->done = end;
    return Py_BuildValue("KK", (unsigned long long)words, (unsigned long long)trained);
}

static PyObject *trainer_seek(PyObject *object, PyObject *argument) {
    TrainerObject *self = (TrainerObject *)object;
    const unsigned long long done = PyLong_AsUnsignedLongLong(argument);
    if (PyErr_Occurred())
        return NULL;
    if (self->busy || done > chunks_in_all(&self->training))
        return PyErr_Format(PyExc_ValueError, "seek(%llu): there are %llu chunks in all, and nobody may be in run()",
                            done, (unsigned long long)chunks_in_all(&self->training));
    self->done = done;
    Py_RETURN_NONE;
}

/* A training of one shard, with the sequence of an epoch that never comes. */
static PyObject *trainer_loss(PyObject *object, PyObject *arguments) {
    Model model = ((TrainerObject *)object)->training.model;
    model.held_out = 0;
    PyObject *ids, *map;
    Py_buffer id_buffer, map_buffer;
    if (!PyArg_ParseTuple(arguments, "OO", &ids, &map) || !take_buffer(ids, &id_buffer, 'i', 0, "ids"))
        return NULL;
    if (!take_buffer(map, &map_buffer, 'i', 0, "map")) {
        PyBuffer_Release(&id_buffer);
        return NULL;
    }
    const Shard shard = {id_buffer.buf, map_buffer.buf, (size_t)id_buffer.len / 4, (size_t)map_buffer.len / 4};
    Worker worker;
    int good;
    Py_BEGIN_ALLOW_THREADS
    good = worker_init(&worker, &model, 1, visit_loss);
    worker.random = random_start(model.seed, UINT64_MAX, 0);
    good = good && worker_run(&worker, &shard, 0, shard.size);
    worker_free(&worker);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&id_buffer);
    PyBuffer_Release(&map_buffer);
    return good ? Py_BuildValue("dK", worker.loss, (unsigned long long)worker.pairs) : PyErr_NoMemory();
}

/* Over some 4,096 rows, evenly spread: what costs a millisecond can be asked often. */
static PyObject *trainer_norms(PyObject *object, PyObject *unused) {
    const Model *model = &((TrainerObject *)object)->training.model;
    (void)unused;
    const size_t apart = (model->vocabulary + 4095) / 4096;
    double sum = 0, largest = 0;
    size_t count = 0;
    for (size_t row = 0; row < model->vocabulary; row += apart, count++) {
        double square = 0;
        for (size_t i = 0; i < model->vector_size; i++) {
            const double x = model->syn0[row * model->stride + i];
            square += x * x;
        }
        sum += sqrt(square);
        largest = square <= largest || isnan(largest) ? largest : square; /* what is no number is kept */
    }
    return Py_BuildValue("dd", sum / (double)count, sqrt(largest));
}

static PyObject *get_done(PyObject *object, void *unused) {
    (void)unused;
    return PyLong_FromUnsignedLongLong(((TrainerObject *)object)->done);
}

static PyObject *get_chunks(PyObject *object, void *unused) {
    (void)unused;
    return PyLong_FromSize_t(((TrainerObject *)object)->training.chunks.count);
}

static PyObject *get_words(PyObject *object, void *unused) {
    (void)unused;
    return PyLong_FromUnsignedLongLong(((TrainerObject *)object)->training.chunks.words);
}

static PyObject *get_alpha(PyObject *object, void *unused) {
    const TrainerObject *self = (TrainerObject *)object;
    (void)unused;
    return PyFloat_FromDouble(training_alpha(&self->training, self->done));
}

static PyObject *get_target(PyObject *object, void *unused) {
    (void)unused;
    return PyUnicode_FromString(((TrainerObject *)object)->training.model.kernel->name);
}

static PyGetSetDef properties[] = {
    {"done", get_done, NULL, "chunks trained, over all epochs", NULL},
    {"chunks", get_chunks, NULL, "chunks of an epoch", NULL},
    {"words", get_words, NULL, "words of an epoch, as they stand in the ids", NULL},
    {"alpha", get_alpha, NULL, "the learning rate of the next chunk", NULL},
    {"target", get_target, NULL, "the instruction set", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"run", trainer_run, METH_VARARGS, "run(chunks, threads=1): train them; (words read, words trained)"},
    {"seek", trainer_seek, METH_O, "seek(done): go on after so many chunks"},
    {"get", trainer_get, METH_VARARGS, "get(name, rows, first=0): copy rows of a matrix into a float32 array"},
    {"set", trainer_set, METH_VARARGS, "set(name, rows, first=0): copy rows of a float32 array into a matrix"},
    {"loss", trainer_loss, METH_VARARGS, "loss(ids, map): (sum over all pairs, pairs); the same draws each time"},
    {"norms", trainer_norms, METH_NOARGS, "norms(): mean and largest norm of some 4,096 rows of syn0"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject TrainerType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ciliu._native.Trainer",
    .tp_doc = "Trainer(shards, counts, sample_int, vector_size, …): a skip-gram training. Raises ValueError.",
    .tp_basicsize = sizeof(TrainerObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = trainer_new,
    .tp_dealloc = trainer_dealloc,
    .tp_methods = methods,
    .tp_getset = properties,
};

PyObject *list_targets(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    PyObject *names = PyList_New(0);
    for (size_t i = 0; names && i < sizeof(kernels) / sizeof(*kernels); i++) {
        PyObject *name = kernels[i]->runs_here() ? PyUnicode_FromString(kernels[i]->name) : NULL;
        if ((!name && PyErr_Occurred()) || (name && PyList_Append(names, name) < 0))
            Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}
