/* ciliu._native.Articles: lines of JSON in, articles in normal form out. */
#include "articles.h"
#include "module.h"

typedef struct {
    PyObject_HEAD
    Articles articles;
    PyObject *source, *names;
} ArticlesObject;

static int add_names(ArticlesObject *self) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->names); i++) {
        const char *name;
        Py_ssize_t size;
        int field;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(self->names, i), "y#i", &name, &size, &field))
            return 0;
        if (!articles_name(&self->articles, (const uint8_t *)name, (size_t)size, field)) {
            PyErr_SetString(PyExc_ValueError, "at most 32 names, each for a field from -2 to 3");
            return 0;
        }
    }
    return 1;
}

static PyObject *articles_new(PyTypeObject *type, PyObject *arguments, PyObject *options) {
    PyObject *source, *names;
    (void)options;
    unsigned rules;
    if (!PyArg_ParseTuple(arguments, "SO!I", &source, &PyTuple_Type, &names, &rules))
        return NULL;
    ArticlesObject *self = (ArticlesObject *)type->tp_alloc(type, 0);
    if (self) {
        self->source = Py_NewRef(source); /* the core points into both */
        self->names = Py_NewRef(names);
        self->articles.source = (const uint8_t *)PyBytes_AS_STRING(source);
        self->articles.source_size = (size_t)PyBytes_GET_SIZE(source);
        self->articles.rules = rules;
        if (!add_names(self))
            Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static PyObject *articles_read(PyObject *object, PyObject *arguments) {
    ArticlesObject *self = (ArticlesObject *)object;
    Py_buffer data;
    Py_ssize_t start, stop;
    unsigned long long number;
    if (!PyArg_ParseTuple(arguments, "y*nnK", &data, &start, &stop, &number))
        return NULL;
    const uint8_t *text = data.buf, *at = text + (start < 0 || start > data.len ? data.len : start);
    const uint8_t *end = text + (stop < 0 || stop > data.len ? data.len : stop), *line_end;
    unsigned long long first = number;
    int state = JSONL_TEXT;
    self->articles.out_size = 0;
    Py_BEGIN_ALLOW_THREADS
    while (at < end && (line_end = memchr(at, '\n', (size_t)(end - at)))) {
        state = articles_add(&self->articles, at, line_end, number + 1);
        if (state != JSONL_TEXT)
            break;
        number++;
        at = line_end + 1;
    }
    Py_END_ALLOW_THREADS
    Py_ssize_t place = (Py_ssize_t)(at - text);
    PyBuffer_Release(&data);
    if (state == JSONL_NO_MEMORY)
        return PyErr_NoMemory();
    const char *out = self->articles.out_size ? (const char *)self->articles.out : ""; /* NULL would be None */
    return Py_BuildValue("y#nK", out, (Py_ssize_t)self->articles.out_size, place, number - first);
}

static PyObject *articles_counts(PyObject *object, PyObject *nothing) {
    const Articles *articles = &((const ArticlesObject *)object)->articles;
    const uint64_t *changed = articles->counts.changed;
    (void)nothing;
    return Py_BuildValue("{sKsKsKs{sKsKsKsK}s{sKsK}}", "articles", articles->articles, "characters_in",
                         articles->counts.characters_in, "characters", articles->counts.characters, "normal_form",
                         "controls", changed[NORMAL_CONTROLS], "line_ends", changed[NORMAL_LINE_ENDS], "spaces",
                         changed[NORMAL_SPACES], "full_width", changed[NORMAL_FULL_WIDTH], "removed", "controls",
                         changed[NORMAL_CONTROLS], "line_ends", articles->counts.line_ends_removed);
}

static void articles_dealloc(PyObject *object) {
    ArticlesObject *self = (ArticlesObject *)object;
    articles_free(&self->articles);
    Py_XDECREF(self->source);
    Py_XDECREF(self->names);
    Py_TYPE(object)->tp_free(object);
}

static PyMethodDef methods[] = {
    {"read", articles_read, METH_VARARGS,
     "read(data, start, stop, number): the articles of the whole lines from start on that end before stop and are no "
     "matter for Python, as lines of JSON; where the first other line begins; how many lines were read"},
    {"counts", articles_counts, METH_NOARGS, "counts of all that was read"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject ArticlesType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ciliu._native.Articles",
    .tp_doc = "Articles(source, names, rules): source as it stands in JSON, in UTF-8, without quotes; names: a tuple of "
              "(name, field) in UTF-8: 0 to 3 for text, id, title and label, -1 for a name that each record has and "
              "nobody reads, -2 for one that makes a line Python's matter. Each record has all names but the last. "
              "rules: those of the normal form as bits, 8 for full_width, 16 for nfc, 32 for entities; the others hold.",
    .tp_basicsize = sizeof(ArticlesObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = articles_new,
    .tp_dealloc = articles_dealloc,
    .tp_methods = methods,
};
