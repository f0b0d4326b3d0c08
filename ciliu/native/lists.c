/* Lists of words as Python strings: cut, cut_for_search, cut_all. */
#include "module.h"

#include <math.h>

typedef struct {
    TableObject *self;
    Cutter cutter;
    Scratch scratch;
    PyObject *list;
} Listing;

static int append(Listing *listing, const uint8_t *from, const uint8_t *to) {
    PyObject *word = PyUnicode_DecodeUTF8((const char *)from, to - from, listing->cutter.surrogates ? "surrogatepass" : NULL);
    int failed = !word || PyList_Append(listing->list, word) < 0;
    Py_XDECREF(word);
    return !failed;
}

static int append_cut(Listing *listing) {
    const uint8_t *piece = listing->cutter.text + listing->cutter.start;
    const uint32_t *ends = cut_ends(&listing->scratch);
    uint32_t begin = 0;
    for (size_t i = 0; i < listing->cutter.words; begin = ends[i++])
        if (!append(listing, piece + begin, piece + ends[i]))
            return 0;
    return 1;
}

/* The words of `size` characters within the characters [first, last). */
static int append_grams(Listing *listing, size_t first, size_t last, size_t size) {
    const uint8_t *piece = listing->cutter.text + listing->cutter.start;
    const uint32_t *offsets = listing->scratch.offsets;
    for (size_t k = first; last - first > size && k + size <= last; k++) {
        const Node *node = table_walk(&listing->self->table, listing->scratch.codes + k, size);
        if (node && node->weight != -INFINITY && !append(listing, piece + offsets[k], piece + offsets[k + size]))
            return 0;
    }
    return 1;
}

static int append_search(Listing *listing) {
    const uint8_t *piece = listing->cutter.text + listing->cutter.start;
    const uint32_t *ends = cut_ends(&listing->scratch), *offsets = listing->scratch.offsets;
    size_t first = 0;
    for (size_t i = 0; i < listing->cutter.words; i++) {
        size_t last = first;
        while (offsets[last] < ends[i])
            last++;
        if (!append_grams(listing, first, last, 2) || !append_grams(listing, first, last, 3) ||
            !append(listing, piece + offsets[first], piece + ends[i]))
            return 0;
        first = last;
    }
    return 1;
}

typedef struct {
    uint8_t *bytes; /* Latin letters and digits that wait: jieba's eng_buf, whose parts may lie apart */
    size_t size, capacity;
    int scanning;
} Latin;

static int latin_flush(Listing *listing, Latin *latin) {
    int done = append(listing, latin->bytes, latin->bytes + latin->size);
    latin->size = 0;
    latin->scanning = 0;
    return done;
}

static int latin_add(Latin *latin, const uint8_t *from, size_t size) {
    if (latin->size + size > latin->capacity) {
        size_t capacity = 2 * latin->capacity + size + 64;
        uint8_t *grown = PyMem_Realloc(latin->bytes, capacity);
        if (!grown) {
            PyErr_NoMemory();
            return 0;
        }
        latin->bytes = grown;
        latin->capacity = capacity;
    }
    memcpy(latin->bytes + latin->size, from, size);
    latin->size += size;
    latin->scanning = 1;
    return 1;
}

/* jieba's __cut_all for the run of characters [first, last). */
static int append_run_all(Listing *listing, Latin *latin, size_t first, size_t last) {
    const Table *table = &listing->self->table;
    const uint8_t *piece = listing->cutter.text + listing->cutter.start;
    const uint16_t *codes = listing->scratch.codes;
    const uint32_t *offsets = listing->scratch.offsets;
    size_t covered = first; /* one past jieba's old_j */
    for (size_t k = first; k < last; k++) {
        int alnum = codes[k] <= ALNUM_CODES;
        if (latin->scanning && !alnum && !latin_flush(listing, latin))
            return 0;
        const Node *node = &table->roots[codes[k]];
        size_t end = k + 1, candidates = 0, only = k + 1;
        for (;;) {
            if (node->weight != -INFINITY) {
                candidates++;
                only = end;
            }
            uint32_t base = node->base;
            if (!base || end == last || (node = &table->nodes[base + codes[end]])->check != base)
                break;
            end++;
        }
        if (candidates <= 1 && k >= covered) {
            size_t size = offsets[only] - offsets[k];
            if (alnum ? !latin_add(latin, piece + offsets[k], size) : !append(listing, piece + offsets[k], piece + offsets[only]))
                return 0;
            covered = only;
            continue;
        }
        if (candidates == 0)
            continue;
        node = &table->roots[codes[k]];
        for (end = k + 1; candidates;) {
            if (node->weight != -INFINITY) {
                candidates--;
                if (end > k + 1) {
                    if (!append(listing, piece + offsets[k], piece + offsets[end]))
                        return 0;
                    covered = end;
                }
            }
            if (candidates)
                node = &table->nodes[node->base + codes[end++]];
        }
    }
    return !latin->scanning || latin_flush(listing, latin);
}

/* The characters outside words: white space single, what lies between whole, empty strings and all, as re.split gives
 * it. `gap` is where the text since the last white space begins; a gap may go on in the next piece. */
static int append_all(Listing *listing, Latin *latin, const uint8_t **gap) {
    const uint8_t *piece = listing->cutter.text + listing->cutter.start;
    const uint16_t *codes = listing->scratch.codes;
    const uint32_t *offsets = listing->scratch.offsets;
    for (size_t k = 0; k < listing->cutter.characters;) {
        if (codes[k]) {
            size_t first = k;
            if (*gap && !append(listing, *gap, piece + offsets[k]))
                return 0;
            *gap = NULL;
            while (codes[k])
                k++;
            if (!append_run_all(listing, latin, first, k))
                return 0;
            continue;
        }
        const uint8_t *from = piece + offsets[k], *to = piece + offsets[++k];
        if (!*gap)
            *gap = from;
        if (is_space(from, (size_t)(to - from))) {
            if (!append(listing, *gap, from) || !append(listing, from, to))
                return 0;
            *gap = to;
        }
    }
    return 1;
}

static int fill(Listing *listing, int mode, Latin *latin) {
    const uint8_t *gap = NULL;
    int state, done = 1;
    while (done && (state = mode & MODE_ALL ? cut_read(&listing->self->table, &listing->cutter, &listing->scratch)
                                            : cut_next(&listing->self->table, &listing->cutter, &listing->scratch)) ==
                       CUT_PIECE)
        done = mode & MODE_ALL      ? append_all(listing, latin, &gap)
               : mode & MODE_SEARCH ? append_search(listing)
                                    : append_cut(listing);
    if (!done)
        return 0;
    if (state != CUT_END) {
        raise_state(state, &listing->cutter);
        return 0;
    }
    return !gap || append(listing, gap, listing->cutter.text + listing->cutter.size);
}

PyObject *list_words(TableObject *self, PyObject *text, int mode) {
    PyObject *bytes = PyUnicode_AsUTF8String(text);
    int surrogates = !bytes;
    if (!bytes && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
        PyErr_Clear();
        bytes = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
    }
    if (!bytes)
        return NULL;
    Listing listing = {.self = self, .list = PyList_New(0)};
    Latin latin = {0};
    listing.cutter = (Cutter){.text = (const uint8_t *)PyBytes_AsString(bytes),
                              .size = (size_t)PyBytes_Size(bytes),
                              .hmm = mode & MODE_HMM,
                              .surrogates = surrogates};
    listing.scratch = take_scratch(self);
    if (listing.list && !fill(&listing, mode, &latin))
        Py_CLEAR(listing.list);
    give_scratch(self, listing.scratch);
    PyMem_Free(latin.bytes);
    Py_DECREF(bytes);
    return listing.list;
}

int has_word(TableObject *self, PyObject *word) {
    Py_ssize_t length = PyUnicode_GetLength(word);
    if (length < 1 || length > LONGEST_WORD)
        return 0;
    uint16_t *codes = PyMem_Malloc((size_t)length * sizeof(uint16_t));
    if (!codes) {
        PyErr_NoMemory();
        return -1;
    }
    int known = 1;
    for (Py_ssize_t i = 0; i < length; i++) {
        uint32_t point = PyUnicode_READ_CHAR(word, i);
        codes[i] = point < 128 ? ascii_codes[point] : point - MAP_FIRST < MAP_SIZE ? self->table.map[point - MAP_FIRST] : 0;
        known &= codes[i] != 0;
    }
    const Node *node = known ? table_walk(&self->table, codes, (size_t)length) : NULL;
    PyMem_Free(codes);
    return node && node->weight != -INFINITY;
}
