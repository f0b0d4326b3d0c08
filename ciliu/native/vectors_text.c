/* The binding: vectors as lines of text, and back; as word2vec's binary format. Python's lock is released: threads share the work. */
#include "module.h"

#include "floats.h"

typedef struct {
    const uint8_t *at, *end;
} Bytes;

static uint8_t *write_rows(Bytes words, const float *values, size_t rows, size_t size, uint8_t separator, uint8_t *out) {
    for (size_t row = 0; row < rows; row++) {
        if (words.at) {
            const uint8_t *stop = memchr(words.at, '\n', (size_t)(words.end - words.at));
            memcpy(out, words.at, (size_t)(stop - words.at));
            out += stop - words.at;
            *out++ = separator;
            words.at = stop + 1;
        }
        for (size_t i = 0; i < size; i++) {
            out = float_write(values[row * size + i], out);
            *out++ = separator;
        }
        out[-1] = '\n';
    }
    return out;
}

static size_t count_lines(const uint8_t *text, size_t size) {
    size_t lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    return lines;
}

static const char *check_rows(const Py_buffer *words, const Py_buffer *values, Py_ssize_t size) {
    if (size <= 0 || values->len % (Py_ssize_t)(size * 4))
        return "values: not rows of `size` float32";
    size_t rows = (size_t)(values->len / (size * 4));
    if (words->buf && count_lines(words->buf, (size_t)words->len) != rows)
        return "words: not as many lines as rows";
    if (words->len && ((const char *)words->buf)[words->len - 1] != '\n')
        return "words: no line end behind the last";
    return NULL;
}

PyObject *format_rows(PyObject *module, PyObject *arguments) {
    Py_buffer words, values;
    Py_ssize_t size;
    int separator;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "z*y*nC", &words, &values, &size, &separator))
        return NULL;
    PyObject *result = NULL;
    const char *problem = separator > 127 ? "separator: no ASCII" : check_rows(&words, &values, size);
    if (problem)
        PyErr_SetString(PyExc_ValueError, problem);
    else if (values.len > (PY_SSIZE_T_MAX - words.len) / (FLOAT_LONGEST / 4 + 2))
        PyErr_NoMemory();
    else
        result = PyBytes_FromStringAndSize(NULL, words.len + values.len / 4 * (FLOAT_LONGEST + 1) + FLOAT_LONGEST);
    if (result) {
        uint8_t *start = (uint8_t *)PyBytes_AS_STRING(result), *end;
        Bytes list = {words.buf, words.buf ? (const uint8_t *)words.buf + words.len : NULL};
        Py_BEGIN_ALLOW_THREADS
        end = write_rows(list, values.buf, (size_t)(values.len / (size * 4)), (size_t)size, (uint8_t)separator, start);
        Py_END_ALLOW_THREADS
        _PyBytes_Resize(&result, end - start);
    }
    PyBuffer_Release(&words);
    PyBuffer_Release(&values);
    return result;
}

PyObject *pack_rows(PyObject *module, PyObject *arguments) {
    Py_buffer words, values;
    Py_ssize_t size;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*n", &words, &values, &size))
        return NULL;
    PyObject *result = NULL;
    const char *problem = check_rows(&words, &values, size);
    if (problem)
        PyErr_SetString(PyExc_ValueError, problem);
    else
        result = PyBytes_FromStringAndSize(NULL, words.len + values.len);
    if (result) {
        uint8_t *out = (uint8_t *)PyBytes_AS_STRING(result);
        const uint8_t *word = words.buf, *end = word + words.len, *row = values.buf;
        const size_t width = (size_t)size * 4;
        Py_BEGIN_ALLOW_THREADS
        while (word < end) {
            const size_t length = (size_t)((const uint8_t *)memchr(word, '\n', (size_t)(end - word)) - word);
            memcpy(out, word, length);
            out[length] = ' ';
            memcpy(out + length + 1, row, width);
            word += length + 1;
            row += width;
            out += length + 1 + width;
        }
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&words);
    PyBuffer_Release(&values);
    return result;
}

/* Lines of a word, if `has_word`, and `size` numbers; words (LF behind each) and numbers to where they belong. Returns
   the line that is wrong, counted from 1, or 0. */
static size_t read_rows(Bytes text, size_t size, int has_word, uint8_t separator, uint8_t **words, float *values) {
    for (size_t line = 1; text.at < text.end; line++) {
        if (has_word) {
            const uint8_t *stop = memchr(text.at, separator, (size_t)(text.end - text.at));
            if (!stop || memchr(text.at, '\n', (size_t)(stop - text.at)))
                return line;
            memcpy(*words, text.at, (size_t)(stop - text.at));
            *words += stop - text.at;
            *(*words)++ = '\n';
            text.at = stop + 1;
        }
        for (size_t i = 0; i < size; i++) {
            text.at = float_read(text.at, text.end, values++);
            if (!text.at || text.at == text.end || *text.at++ != (i + 1 < size ? separator : '\n'))
                return line;
        }
    }
    return 0;
}

PyObject *parse_rows(PyObject *module, PyObject *arguments) {
    Py_buffer text;
    Py_ssize_t size;
    int separator, has_word;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*npC", &text, &size, &has_word, &separator))
        return NULL;
    PyObject *words = NULL, *values = NULL, *result = NULL;
    size_t lines = count_lines(text.buf, (size_t)text.len), wrong = 0;
    if (size <= 0 || separator > 127 || lines > (size_t)text.len / (2 * (size_t)size)) /* a number takes two bytes */
        PyErr_SetString(PyExc_ValueError, "line 1: fewer numbers than dimensions");
    else if ((words = PyBytes_FromStringAndSize(NULL, text.len + 1)) &&
             (values = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(lines + 1) * size * 4))) {
        Bytes bytes = {text.buf, (const uint8_t *)text.buf + text.len};
        uint8_t *start = (uint8_t *)PyBytes_AS_STRING(words), *end = start;
        float *numbers = (float *)(void *)PyBytes_AS_STRING(values);
        Py_BEGIN_ALLOW_THREADS
        wrong = read_rows(bytes, (size_t)size, has_word, (uint8_t)separator, &end, numbers);
        Py_END_ALLOW_THREADS
        if (wrong)
            PyErr_Format(PyExc_ValueError, "line %zu: no word with %zd numbers", wrong, size);
        else if (!_PyBytes_Resize(&words, end - start) && !_PyBytes_Resize(&values, (Py_ssize_t)lines * size * 4))
            result = PyTuple_Pack(2, words, values);
    }
    Py_XDECREF(words);
    Py_XDECREF(values);
    PyBuffer_Release(&text);
    return result;
}
