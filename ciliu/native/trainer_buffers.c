/* ciliu._native.Trainer: arrays of others, and the choice of a kernel. */
#include "trainer.h"

const Kernel *const kernels[3] = {&skipgram_avx512, &skipgram_avx2, &skipgram_base};

const Kernel *choose_kernel(const char *name) {
    for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++)
        if (kernels[i]->runs_here() && (strcmp(name, "auto") == 0 || strcmp(name, kernels[i]->name) == 0))
            return kernels[i];
    PyErr_Format(PyExc_ValueError, "target %s: this machine does not run it; targets() lists those that it does", name);
    return NULL;
}

int take_buffer(PyObject *object, Py_buffer *buffer, char kind, int writable, const char *name) {
    static const struct {
        char kind;
        const char *formats, *type;
        Py_ssize_t size;
    } kinds[] = {{'f', "f", "float32", 4}, {'i', "il", "int32", 4}, {'I', "IL", "uint32", 4},
                 {'q', "ql", "int64", 8},  {'B', "B", "uint8", 1}};
    size_t k = 0;
    while (kinds[k].kind != kind)
        k++;
    if (PyObject_GetBuffer(object, buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0)) < 0) {
        PyErr_Format(PyExc_ValueError, "%s: not a %sC-contiguous array", name, writable ? "writable " : "");
        return 0;
    }
    const char *format = buffer->format ? buffer->format : "B";
    if (buffer->itemsize == kinds[k].size && strlen(format) == 1 && strchr(kinds[k].formats, *format))
        return 1;
    PyErr_Format(PyExc_ValueError, "%s: items of %s, not of format %s", name, kinds[k].type, format);
    PyBuffer_Release(buffer);
    return 0;
}

const void *keep_buffer(TrainerObject *self, size_t place, PyObject *object, char kind, const char *name,
                               Py_ssize_t items) {
    Py_buffer *buffer = &self->buffers[place];
    if (!take_buffer(object, buffer, kind, 0, name)) {
        buffer->obj = NULL;
        return NULL;
    }
    if (items >= 0 && buffer->len / buffer->itemsize != items) {
        PyErr_Format(PyExc_ValueError, "%s: %zd items, not %zd", name, buffer->len / buffer->itemsize, items);
        return NULL;
    }
    return buffer->buf ? buffer->buf : (const void *)""; /* an empty array may have no address */
}
