/* ciliu._native.Counter: words with their counts from several lists, and their order. One thread at a time may change a
 * counter; the interpreter lock is released. */
#include "module.h"
#include "words.h"

#include <stdlib.h>

typedef struct {
    PyObject_HEAD
    Words words;
    uint32_t *order; /* numbers of the words by rank; NULL before rank() */
} CounterObject;

typedef struct {
    const uint8_t *word;
    size_t length;
    uint64_t count;
} Line;

/* The next line `word TAB count LF`. Returns 0 at the end, -1 for what is none. */
static int next_line(const uint8_t **text, const uint8_t *end, Line *line) {
    if (*text == end)
        return 0;
    const uint8_t *tab = memchr(*text, '\t', (size_t)(end - *text));
    if (!tab)
        return -1;
    *line = (Line){*text, (size_t)(tab - *text), 0};
    const uint8_t *p = tab + 1;
    for (; p < end && *p >= '0' && *p <= '9'; p++)
        line->count = line->count * 10 + (uint64_t)(*p - '0');
    if (p == end || *p != '\n' || p == tab + 1)
        return -1;
    *text = p + 1;
    return 1;
}

static PyObject *raise_line(void) { return PyErr_Format(PyExc_ValueError, "a line that is not: word TAB count"); }

#define BATCH 32

/* Up to BATCH lines with their keys, the places in the table fetched, so that they are waited for together and not one
 * after the other. Returns how many; *state as next_line's for the one behind them. */
static size_t next_lines(const Words *words, const uint8_t **text, const uint8_t *end, Line *lines, Key *keys, int *state) {
    size_t count = 0;
    while (count < BATCH && (*state = next_line(text, end, &lines[count])) == 1) {
        keys[count] = words_key(lines[count].word, lines[count].length, end);
        if (words->slot_count)
            PREFETCH(&words->slots[words_hash(keys[count]) & (words->slot_count - 1)]);
        count++;
    }
    return count;
}

/* An int32 for each line of `data`. */
static PyObject *new_numbers(const Py_buffer *data) {
    const uint8_t *p = data->buf;
    Py_ssize_t lines = 0;
    for (Py_ssize_t i = 0; i < data->len; i++)
        lines += p[i] == '\n';
    return PyBytes_FromStringAndSize(NULL, lines * (Py_ssize_t)sizeof(int32_t));
}

/* The lines' numbers, or NULL and an exception; `data` is given back. */
static PyObject *finish_numbers(PyObject *numbers, Py_buffer *data, int state, int memory) {
    PyBuffer_Release(data);
    if (numbers && memory && state >= 0)
        return numbers;
    Py_XDECREF(numbers);
    return !memory ? PyErr_NoMemory() : numbers ? raise_line() : NULL;
}

static PyObject *counter_add(PyObject *object, PyObject *arguments) {
    CounterObject *self = (CounterObject *)object;
    Py_buffer data;
    if (!PyArg_ParseTuple(arguments, "y*", &data))
        return NULL;
    free(self->order); /* it is of the words before */
    self->order = NULL;
    PyObject *numbers = new_numbers(&data);
    int32_t *out = numbers ? (int32_t *)(void *)PyBytes_AS_STRING(numbers) : NULL;
    const uint8_t *p = data.buf, *end = p + data.len;
    Line lines[BATCH];
    Key keys[BATCH];
    int state = numbers ? 1 : 0, added, memory = 1;
    Py_BEGIN_ALLOW_THREADS
    while (state == 1 && memory) {
        size_t count = next_lines(&self->words, &p, end, lines, keys, &state);
        for (size_t i = 0; i < count && memory; i++) {
            Slot *slot = words_add(&self->words, lines[i].word, lines[i].length, keys[i], &added);
            if (!(memory = slot != NULL))
                break;
            out[i] = (int32_t)(slot->number - 1);
            PREFETCH(&self->words.words[out[i]]);
        }
        for (size_t i = 0; i < count && memory; i++)
            self->words.words[out[i]].count += lines[i].count;
        out += count;
    }
    Py_END_ALLOW_THREADS
    return finish_numbers(numbers, &data, state, memory);
}

/* A word to be ordered among those of one count. */
typedef struct {
    uint64_t start; /* its first eight bytes, the first the highest: they nearly always decide */
    uint32_t number;
} Item;

/* Whether `x` stands before `y`: by falling count, then by bytes, which in UTF-8 is by code point. */
static int before(const Words *words, const Item *x, const Item *y) {
    const Word *a = &words->words[x->number], *b = &words->words[y->number];
    if (a->count != b->count)
        return a->count > b->count;
    if (x->start != y->start)
        return x->start < y->start;
    int order = memcmp(words->text + a->offset, words->text + b->offset, a->length < b->length ? a->length : b->length);
    return order ? order < 0 : a->length < b->length;
}

/* Merge sort with room for as many items again; qsort takes twice as long, since it calls for each comparison. */
static void sort_items(const Words *words, Item *items, Item *room, size_t count) {
    if (count < 2)
        return;
    size_t half = count / 2;
    sort_items(words, items, room, half);
    sort_items(words, items + half, room, count - half);
    memcpy(room, items, half * sizeof(Item));
    const Item *left = room, *left_end = room + half, *right = items + half, *right_end = items + count;
    for (Item *out = items; left < left_end; out++)
        *out = right < right_end && before(words, right, left) ? *right++ : *left++;
}

/* By `start` alone, a byte after the other from the last. */
static void sort_by_start(Item *items, Item *room, size_t count) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t places[256] = {0}, place = 0;
        for (size_t i = 0; i < count; i++)
            places[items[i].start >> shift & 255]++;
        for (size_t digit = 0; digit < 256; digit++) {
            size_t here = places[digit];
            places[digit] = place;
            place += here;
        }
        for (size_t i = 0; i < count; i++)
            room[places[items[i].start >> shift & 255]++] = items[i];
        memcpy(items, room, count * sizeof(Item));
    }
}

#define MANY 1024 /* items from which sorting byte by byte takes less time than merging */

/* Words of one count. */
static void sort_equal(const Words *words, Item *items, Item *room, size_t count) {
    if (count >= MANY)
        sort_by_start(items, room, count);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && (count < MANY || items[to].start == items[from].start); to++)
            ;
        sort_items(words, items + from, room, to - from);
    }
}

static uint64_t first_bytes(const uint8_t *word, size_t length) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < 8; i++)
        bytes = bytes << 8 | (i < length ? word[i] : 0);
    return bytes;
}

#define FREQUENT 65535 /* words that stand so often or more are few: together in the first bucket */

static size_t bucket_of(uint64_t count) { return count < FREQUENT ? FREQUENT - (size_t)count : 0; }

/* The words' numbers by rank into `order`: shared out by count, then sorted. Returns 0 without memory. */
static int order_words(const Words *words, uint32_t *order) {
    Item *items = malloc((2 * words->count + 1) * sizeof(Item)); /* and room to sort them */
    size_t *ends = calloc(FREQUENT + 2, sizeof(size_t));
    if (!items || !ends) {
        free(items);
        free(ends);
        return 0;
    }
    for (size_t i = 0; i < words->count; i++)
        ends[bucket_of(words->words[i].count) + 1]++;
    for (size_t bucket = 0; bucket <= FREQUENT; bucket++)
        ends[bucket + 1] += ends[bucket];
    for (size_t i = 0; i < words->count; i++) {
        const Word *word = &words->words[i];
        const uint64_t start = first_bytes(words->text + word->offset, word->length);
        items[ends[bucket_of(word->count)]++] = (Item){start, (uint32_t)i};
    }
    sort_items(words, items, items + words->count, ends[0]);
    for (size_t bucket = 1; bucket <= FREQUENT; bucket++)
        sort_equal(words, items + ends[bucket - 1], items + words->count, ends[bucket] - ends[bucket - 1]);
    for (size_t i = 0; i < words->count; i++)
        order[i] = items[i].number;
    free(items);
    free(ends);
    return 1;
}

static PyObject *counter_rank(PyObject *object, PyObject *arguments) {
    CounterObject *self = (CounterObject *)object;
    unsigned long long min_count, kept = 0, kept_words = 0, words = 0;
    if (!PyArg_ParseTuple(arguments, "K", &min_count))
        return NULL;
    free(self->order);
    self->order = malloc((self->words.count + 1) * sizeof(uint32_t));
    int memory = self->order != NULL;
    Py_BEGIN_ALLOW_THREADS
    memory = memory && order_words(&self->words, self->order);
    for (size_t i = 0; memory && i < self->words.count; i++) {
        Word *word = &self->words.words[self->order[i]];
        int keep = word->count >= min_count;
        word->id = keep ? (int32_t)i : -1;
        words += word->count;
        kept_words += keep ? word->count : 0;
        kept += (unsigned)keep;
    }
    Py_END_ALLOW_THREADS
    if (!memory)
        return PyErr_NoMemory();
    return Py_BuildValue("KKK", kept, kept_words, words);
}

static char *write_word(char *out, const Words *words, const Word *word) {
    memcpy(out, words->text + word->offset, word->length);
    out += word->length;
    *out++ = '\t';
    return words_write_number(out, word->count);
}

#define NUMBERS 48 /* bytes of two numbers, the tabs and the line end, at most */

static PyObject *counter_counts(PyObject *object, PyObject *nothing) {
    const Words *words = &((CounterObject *)object)->words;
    (void)nothing;
    PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(words->text_size + NUMBERS * words->count));
    if (!result)
        return NULL;
    char *start = PyBytes_AS_STRING(result), *out = start;
    Py_BEGIN_ALLOW_THREADS
    for (size_t i = 0; i < words->count; i++) {
        out = write_word(out, words, &words->words[i]);
        *out++ = '\n';
    }
    Py_END_ALLOW_THREADS
    _PyBytes_Resize(&result, out - start);
    return result;
}

static PyObject *counter_lines(PyObject *object, PyObject *arguments) {
    CounterObject *self = (CounterObject *)object;
    unsigned long long first, last;
    if (!PyArg_ParseTuple(arguments, "KK", &first, &last))
        return NULL;
    if (!self->order || first > last || last > self->words.count)
        return PyErr_Format(PyExc_ValueError, "no such ranks");
    size_t size = 0;
    for (size_t rank = first; rank < last; rank++)
        size += self->words.words[self->order[rank]].length + NUMBERS;
    PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (!result)
        return NULL;
    char *start = PyBytes_AS_STRING(result), *out = start;
    Py_BEGIN_ALLOW_THREADS
    for (size_t rank = first; rank < last; rank++) {
        out = write_word(out, &self->words, &self->words.words[self->order[rank]]);
        *out++ = '\t';
        out = words_write_number(out, rank);
        *out++ = '\n';
    }
    Py_END_ALLOW_THREADS
    _PyBytes_Resize(&result, out - start);
    return result;
}

/* The rank of each word by number; -1: below the minimum count. */
static PyObject *counter_ranks(PyObject *object, PyObject *nothing) {
    const CounterObject *self = (const CounterObject *)object;
    (void)nothing;
    if (!self->order)
        return PyErr_Format(PyExc_ValueError, "no ranks before rank()");
    PyObject *ranks = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(self->words.count * sizeof(int32_t)));
    int32_t *out = ranks ? (int32_t *)(void *)PyBytes_AS_STRING(ranks) : NULL;
    for (size_t i = 0; ranks && i < self->words.count; i++)
        out[i] = self->words.words[i].id;
    return ranks;
}

static PyObject *counter_new(PyTypeObject *type, PyObject *arguments, PyObject *options) {
    (void)options;
    return PyArg_ParseTuple(arguments, "") ? type->tp_alloc(type, 0) : NULL;
}

static Py_ssize_t counter_length(PyObject *object) { return (Py_ssize_t)((CounterObject *)object)->words.count; }

static void counter_dealloc(PyObject *object) {
    CounterObject *self = (CounterObject *)object;
    words_free(&self->words);
    free(self->order);
    Py_TYPE(object)->tp_free(object);
}

static PyMethodDef methods[] = {
    {"add", counter_add, METH_VARARGS, "add(lines): count word TAB count LF; returns an int32 a line: the word's number"},
    {"counts", counter_counts, METH_NOARGS, "word TAB count LF of each word, by number"},
    {"rank", counter_rank, METH_VARARGS, "rank(min_count): (kept, running words in them, running words)"},
    {"lines", counter_lines, METH_VARARGS, "lines(first, last): word TAB count TAB rank LF of these ranks"},
    {"ranks", counter_ranks, METH_NOARGS, "the rank of each word by number, as int32; -1 below the minimum count"},
    {NULL, NULL, 0, NULL},
};

static PySequenceMethods sequence = {.sq_length = counter_length};

PyTypeObject CounterType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ciliu._native.Counter",
    .tp_doc = "Counter(): counts of words over all shards.",
    .tp_basicsize = sizeof(CounterObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = counter_new,
    .tp_dealloc = counter_dealloc,
    .tp_as_sequence = &sequence,
    .tp_methods = methods,
};
