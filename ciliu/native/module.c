/* The binding: ciliu._native. */
#include "module.h"

#include <math.h>
#include <stdlib.h>

Scratch take_scratch(TableObject *self) {
    Scratch scratch = self->spare;
    self->spare = (Scratch){0};
    return scratch;
}

void give_scratch(TableObject *self, Scratch scratch) {
    const size_t KEPT = 1 << 20; /* characters; what one giant line needed is not kept for ever */
    if (self->spare.capacity || scratch.capacity > KEPT)
        scratch_free(&scratch);
    else
        self->spare = scratch;
}

PyObject *raise_state(int state, const Cutter *cutter) {
    if (state == CUT_NO_MEMORY)
        return PyErr_NoMemory();
    if (state == CUT_TOO_LONG)
        return PyErr_Format(PyExc_ValueError, "a run of more than 2 GiB without a character that ends words, at byte %zu",
                            cutter->start);
    Py_ssize_t at = (Py_ssize_t)cutter->at;
    PyObject *error = PyObject_CallFunction(PyExc_UnicodeDecodeError, "sy#nns", "utf-8", (const char *)cutter->text,
                                            (Py_ssize_t)cutter->size, at, at + 1, "invalid byte");
    if (error) {
        PyErr_SetObject(PyExc_UnicodeDecodeError, error);
        Py_DECREF(error);
    }
    return NULL;
}

int is_space(const uint8_t *p, size_t length) {
    uint32_t point = *p;
    if (length == 3)
        point = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
    else if (length == 2 && *p >= 0x80)
        point = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
    return length < 4 && Py_UNICODE_ISSPACE(point); /* two bytes of ASCII: CR LF */
}

static PyObject *table_new(PyTypeObject *type, PyObject *arguments, PyObject *options) {
    static char *names[] = {"buffer", NULL};
    PyObject *buffer;
    if (!PyArg_ParseTupleAndKeywords(arguments, options, "O", names, &buffer))
        return NULL;
    TableObject *self = (TableObject *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    if (PyObject_GetBuffer(buffer, &self->buffer, PyBUF_SIMPLE) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    const char *problem = table_open(&self->table, self->buffer.buf, (size_t)self->buffer.len);
    if (problem) {
        PyErr_SetString(PyExc_ValueError, problem);
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void table_dealloc(PyObject *object) {
    TableObject *self = (TableObject *)object;
    scratch_free(&self->spare);
    PyBuffer_Release(&self->buffer);
    Py_TYPE(object)->tp_free(object);
}

static PyObject *table_lcut(PyObject *self, PyObject *arguments) {
    PyObject *text;
    int mode;
    if (!PyArg_ParseTuple(arguments, "Ui", &text, &mode))
        return NULL;
    return list_words((TableObject *)self, text, mode);
}

static PyObject *table_has(PyObject *self, PyObject *word) {
    if (!PyUnicode_Check(word))
        return PyErr_Format(PyExc_TypeError, "a word is a str");
    int has = has_word((TableObject *)self, word);
    return has < 0 ? NULL : PyBool_FromLong(has);
}

typedef struct {
    const uint8_t *text_end;
    uint8_t *out;
    uint8_t separator[8];
    size_t separator_size;
} Writer;

/* The words of a piece, a separator between two of a line. Words are short: sixteen bytes at a time. */
static void write_lines(Writer *writer, const Cutter *cutter, const Scratch *scratch) {
    const uint32_t *ends = cut_ends(scratch);
    const uint8_t *from = cutter->text + cutter->start, *piece = from;
    uint8_t *out = writer->out;
    const size_t separator_size = writer->separator_size;
    for (size_t i = 0; i < cutter->words; i++) {
        const uint8_t *to = piece + ends[i];
        if (*from == '\n') {
            if (from > cutter->text && from[-1] != '\n')
                out -= separator_size;
            *out++ = '\n';
            from = to;
            continue;
        }
        size_t size = (size_t)(to - from);
        if (size <= 16 && writer->text_end - from >= 16)
            memcpy(out, from, 16);
        else
            memcpy(out, from, size);
        out += size;
        memcpy(out, writer->separator, 8);
        out += separator_size;
        from = to;
    }
    writer->out = out;
}

static int cut_all_lines(const Table *table, Cutter *cutter, Scratch *scratch, Writer *writer) {
    int state;
    while ((state = cut_next(table, cutter, scratch)) == CUT_PIECE)
        write_lines(writer, cutter, scratch);
    if (state == CUT_END && cutter->size && cutter->text[cutter->size - 1] != '\n')
        writer->out -= writer->separator_size;
    return state;
}

static PyObject *table_cut_lines(PyObject *object, PyObject *arguments) {
    TableObject *self = (TableObject *)object;
    Py_buffer data, separator;
    int hmm;
    if (!PyArg_ParseTuple(arguments, "y*y*p", &data, &separator, &hmm))
        return NULL;
    PyObject *result = NULL;
    if (separator.len > 8)
        PyErr_SetString(PyExc_ValueError, "a separator has at most 8 bytes");
    else if (data.len > (PY_SSIZE_T_MAX - 64) / (1 + separator.len))
        PyErr_NoMemory();
    else
        result = PyBytes_FromStringAndSize(NULL, data.len * (1 + separator.len) + 64); /* every byte may be a word */
    if (result) {
        Cutter cutter = {.text = data.buf, .size = (size_t)data.len, .hmm = hmm, .lines = 1};
        uint8_t *start = (uint8_t *)PyBytes_AS_STRING(result);
        Writer writer = {cutter.text + cutter.size, start, {0}, (size_t)separator.len};
        memcpy(writer.separator, separator.buf, writer.separator_size);
        Scratch scratch = take_scratch(self);
        int state;
        Py_BEGIN_ALLOW_THREADS
        state = cut_all_lines(&self->table, &cutter, &scratch, &writer);
        Py_END_ALLOW_THREADS
        give_scratch(self, scratch);
        if (state != CUT_END) {
            Py_CLEAR(result);
            raise_state(state, &cutter);
        } else
            _PyBytes_Resize(&result, writer.out - start);
    }
    PyBuffer_Release(&data);
    PyBuffer_Release(&separator);
    return result;
}

static PyMethodDef table_methods[] = {
    {"lcut", table_lcut, METH_VARARGS, "lcut(text, mode): the words; mode: 1 HMM, 2 for search, 4 all"},
    {"has", table_has, METH_O, "has(word): whether it is a word with a frequency"},
    {"cut_lines", table_cut_lines, METH_VARARGS, "cut_lines(data, separator, HMM): lines in, lines out; no lock held"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject TableType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ciliu._native.Table",
    .tp_doc = "Table(buffer): a compiled dictionary, used where it lies. Raises ValueError for what is none.",
    .tp_basicsize = sizeof(TableObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = table_new,
    .tp_dealloc = table_dealloc,
    .tp_methods = table_methods,
};

static PyObject *build(PyObject *module, PyObject *arguments) {
    Py_buffer words, force_split, hmm;
    unsigned long long total;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*Ky*y*", &words, &total, &force_split, &hmm))
        return NULL;
    PyObject *result = NULL;
    if (hmm.len != (Py_ssize_t)((20 + 4 * HAN_COUNT) * sizeof(double)))
        PyErr_SetString(PyExc_ValueError, "hmm: 20 + 4 × 20,950 doubles");
    else {
        size_t size = 0;
        const char *reason = NULL;
        void *table = table_build(words.buf, (size_t)words.len, force_split.buf, (size_t)force_split.len, total,
                                  hmm.buf, &size, &reason);
        if (table)
            result = PyBytes_FromStringAndSize(table, (Py_ssize_t)size);
        else
            PyErr_Format(PyExc_ValueError, "the dictionary cannot be compiled: %s", reason);
        free(table);
    }
    PyBuffer_Release(&words);
    PyBuffer_Release(&force_split);
    PyBuffer_Release(&hmm);
    return result;
}

static PyMethodDef functions[] = {
    {"build", build, METH_VARARGS, "build(words, total, force_split, hmm): the bytes of a compiled dictionary"},
    {"targets", list_targets, METH_NOARGS, "targets(): instruction sets that this machine can train with, the best first"},
    {"format_rows", format_rows, METH_VARARGS,
     "format_rows(words, values, size, separator): rows of float32 as lines; words: an LF behind each, or None"},
    {"pack_rows", pack_rows, METH_VARARGS,
     "pack_rows(words, values, size): a word (an LF behind each), a space and its float32, as word2vec's binary format"},
    {"parse_rows", parse_rows, METH_VARARGS,
     "parse_rows(text, size, has_word, separator): (words, an LF behind each; float32). Raises ValueError with the line"},
    {"count_grams", count_grams, METH_VARARGS, "count_grams(text, order): a sorted run of the n-grams of a text"},
    {"merge_runs", merge_runs, METH_VARARGS, "merge_runs(paths, target): runs as one; all paths as bytes"},
    {"keep_grams", keep_grams, METH_VARARGS,
     "keep_grams(paths, order, min_count, limit, target): the n-grams that stand often enough into a file, for Grams"},
    {"vote", vote, METH_VARARGS, "vote(table, order, text): word TAB count LF of the pieces that the n-grams vote for"},
    {"find_words", find_words, METH_VARARGS, "find_words(words, text): number, byte (uint32), left, right (uint16) of each place"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "ciliu._native", .m_doc = "The native core.", .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit__native(void) {
    PyTypeObject *types[] = {&TableType, &ArticlesType, &LexiconType, &CounterType, &TrainerType, &GramsType};
    PyObject *module = PyModule_Create(&definition);
    for (size_t i = 0; module && i < sizeof(types) / sizeof(*types); i++)
        if (PyModule_AddType(module, types[i]) < 0)
            Py_CLEAR(module);
    return module;
}
