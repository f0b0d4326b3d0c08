/* ciliu._native.Lexicon: a shard's own word list, and the shard's text as ids of that list. */
#include "jsonl.h"
#include "module.h"
#include "sentences.h"
#include "words.h"

#include <stdlib.h>

#define BATCH 32

enum { END = -1, WHITE_SPACE = -2, PUNCTUATION = -3, STOP_WORD = -4 };

typedef struct {
    PyObject_HEAD
    Words words;
    int keep_punctuation;
    int32_t ids;      /* given so far */
    uint64_t *counts; /* by id; of what was flushed */
    size_t counts_capacity;
    uint32_t max_words;
    Spans spans;
    int32_t *encoded; /* since the last flush */
    size_t encoded_size, encoded_capacity;
    uint32_t in_sentence; /* words of the sentence's present part */
    int split;            /* whether it has parts */
    Text line;            /* of JSON, the last one */
    unsigned long long characters, sentences, split_sentences;
} LexiconObject;

static uint32_t decode(const uint8_t *p, size_t length) {
    uint32_t point = length == 1 ? *p : *p & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++)
        point = point << 6 | (p[i] & 0x3Fu);
    return point;
}

static size_t character_size(uint8_t first) { return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4; }

/* Why a word is dropped, or 0: by Python's own str.isspace() and str.isalnum(). */
static int32_t reason_to_drop(const LexiconObject *self, const uint8_t *word, size_t length) {
    int space = 1, alnum = 0;
    for (size_t i = 0; i < length; i += character_size(word[i])) {
        uint32_t point = decode(word + i, character_size(word[i]));
        space &= Py_UNICODE_ISSPACE(point) != 0;
        alnum |= Py_UNICODE_ISALNUM(point) != 0;
    }
    return space ? WHITE_SPACE : !alnum && !self->keep_punctuation ? PUNCTUATION : 0;
}

/* The id of a new word: the next, or the reason why it is dropped. */
static void set_id(LexiconObject *self, Slot *slot, int32_t reason) {
    slot->id = self->words.words[slot->number - 1].id = reason ? reason : self->ids++;
}

static int reserve(void **memory, size_t *capacity, size_t wanted, size_t unit) {
    if (wanted <= *capacity)
        return 1;
    void *grown = realloc(*memory, (wanted + wanted / 2) * unit);
    if (!grown)
        return 0;
    *memory = grown;
    *capacity = wanted + wanted / 2;
    return 1;
}

/* Where the next id goes. */
typedef struct {
    int32_t *encoded, *dropped;
    uint32_t in_sentence;
} Writer;

static void end_sentence(LexiconObject *self, Writer *writer) {
    if (!writer->in_sentence)
        return;
    *writer->encoded++ = END;
    self->sentences++;
    writer->in_sentence = 0;
}

/* Write a word's id if it is kept (not negative), else its number: without a branch, since nobody can foretell it. */
static inline void write_word(LexiconObject *self, Writer *writer, int32_t id, uint32_t number) {
    uint32_t kept = id >= 0;
    if (writer->in_sentence == self->max_words && kept) {
        self->split_sentences += !self->split;
        self->split = 1;
        end_sentence(self, writer);
    }
    *writer->encoded = id;
    writer->encoded += kept;
    *writer->dropped = (int32_t)number;
    writer->dropped += !kept;
    writer->in_sentence += kept;
}

/* Up to BATCH words: all keys, then all ids, then what is to be written, so that the look-ups in the big table wait
 * together and not one after the other. Returns 0 without memory. */
static int encode_batch(LexiconObject *self, Writer *out, const uint8_t *piece, uint32_t begin, const uint32_t *ends,
                        size_t count, const uint8_t *text_end) {
    Key keys[BATCH];
    int32_t ids[BATCH];
    uint32_t numbers[BATCH];
    const Slot *slots = self->words.slots;
    size_t mask = self->words.slot_count - 1;
    for (size_t i = 0, from = begin; i < count; from = ends[i++]) {
        keys[i] = words_key(piece + from, ends[i] - from, text_end);
        PREFETCH(&slots[words_hash(keys[i]) & mask]);
    }
    for (size_t i = 0, from = begin; i < count; from = ends[i++]) {
        int added;
        Slot *slot = words_add(&self->words, piece + from, ends[i] - from, keys[i], &added);
        if (!slot)
            return 0;
        if (added)
            set_id(self, slot, reason_to_drop(self, piece + from, ends[i] - from));
        ids[i] = slot->id;
        numbers[i] = slot->number;
    }
    Writer writer = *out; /* a copy, which the compiler can keep in registers */
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == END) {
            end_sentence(self, &writer);
            self->split = 0;
        } else
            write_word(self, &writer, ids[i], numbers[i]);
    }
    *out = writer;
    return 1;
}

/* The words of a piece that are dropped are counted when it is written: their numbers stand in `dropped`. */
static int encode_piece(LexiconObject *self, const Cutter *cutter, const Scratch *scratch) {
    const uint32_t *ends = cut_ends(scratch);
    /* an end behind each part of a sentence, and one id more than is kept */
    if (!reserve((void **)&self->encoded, &self->encoded_capacity, self->encoded_size + 2 * cutter->words + 2,
                 sizeof(int32_t)))
        return 0;
    int32_t dropped[BATCH + 1];
    Writer writer = {self->encoded + self->encoded_size, dropped, self->in_sentence};
    for (size_t i = 0; i < cutter->words; i += BATCH) {
        size_t count = cutter->words - i < BATCH ? cutter->words - i : BATCH;
        if (!encode_batch(self, &writer, cutter->text + cutter->start, i ? ends[i - 1] : 0, ends + i, count,
                          cutter->text + cutter->size))
            return 0;
        while (writer.dropped > dropped)
            self->words.words[*--writer.dropped - 1].count++;
    }
    self->encoded_size = (size_t)(writer.encoded - self->encoded);
    self->in_sentence = writer.in_sentence;
    return 1;
}

static int encode_text(LexiconObject *self, const Table *table, Cutter *cutter, Scratch *scratch) {
    int state;
    self->split = 0;
    while ((state = cut_next(table, cutter, scratch)) == CUT_PIECE)
        if (!encode_piece(self, cutter, scratch))
            return CUT_NO_MEMORY;
    if (self->in_sentence) {
        Writer writer = {self->encoded + self->encoded_size++, NULL, self->in_sentence};
        end_sentence(self, &writer);
        self->in_sentence = 0;
    }
    size_t characters = 0;
    for (size_t i = 0; i < cutter->size; i++)
        characters += (cutter->text[i] & 0xC0) != 0x80;
    self->characters += characters;
    return state;
}

/* Cut `size` bytes; 0 with an exception set. */
static int encode_bytes(LexiconObject *self, TableObject *table, const uint8_t *bytes, size_t size, int hmm,
                        const Span *kept, size_t kept_count) {
    if (size > INT32_MAX) {
        PyErr_Format(PyExc_ValueError, "an article of more than 2 GiB");
        return 0;
    }
    if (!find_sentences(bytes, size, kept, kept_count, &self->spans)) {
        PyErr_NoMemory();
        return 0;
    }
    Cutter cutter = {.text = bytes,
                     .size = size,
                     .spans = self->spans.spans,
                     .span_count = self->spans.count,
                     .hmm = hmm,
                     .lines = 1};
    Scratch scratch = take_scratch(table);
    int state = encode_text(self, &table->table, &cutter, &scratch);
    give_scratch(table, scratch);
    if (state != CUT_END)
        raise_state(state, &cutter);
    return state == CUT_END;
}

static PyObject *lexicon_encode(PyObject *object, PyObject *arguments) {
    TableObject *table;
    PyObject *text;
    int hmm;
    const char *kept; /* pairs of uint32: start and end in bytes, ascending, apart, at characters' ends */
    Py_ssize_t kept_size, size;
    if (!PyArg_ParseTuple(arguments, "O!Upy#", &TableType, &table, &text, &hmm, &kept, &kept_size))
        return NULL;
    const char *bytes = PyUnicode_AsUTF8AndSize(text, &size);
    if (!bytes || !encode_bytes((LexiconObject *)object, table, (const uint8_t *)bytes, (size_t)size, hmm,
                                (const Span *)(const void *)kept, (size_t)kept_size / sizeof(Span)))
        return NULL;
    Py_RETURN_NONE;
}

/* Lines of JSON from `at` on, until BLOCK bytes are read, or a line is odd. */
static PyObject *lexicon_encode_lines(PyObject *object, PyObject *arguments) {
    const Py_ssize_t BLOCK = 1 << 18; /* with what is written of it, within the second level of cache */
    LexiconObject *self = (LexiconObject *)object;
    TableObject *table;
    Py_buffer lines;
    Py_ssize_t at, articles = 0;
    int hmm;
    if (!PyArg_ParseTuple(arguments, "O!y*np", &TableType, &table, &lines, &at, &hmm))
        return NULL;
    const uint8_t *start = lines.buf, *end = start + lines.len;
    const uint8_t *p = at < 0 || at > lines.len ? end : start + at, *stop = end - p > BLOCK ? p + BLOCK : end;
    int state = JSONL_TEXT;
    while (p < stop) {
        const uint8_t *line_end = memchr(p, '\n', (size_t)(end - p));
        line_end = line_end ? line_end + 1 : end;
        if ((state = jsonl_text(p, line_end, &self->line)) != JSONL_TEXT)
            break;
        if (!encode_bytes(self, table, self->line.text, self->line.size, hmm, NULL, 0)) {
            PyBuffer_Release(&lines);
            return NULL;
        }
        articles++;
        p = line_end;
    }
    PyBuffer_Release(&lines);
    return state == JSONL_NO_MEMORY ? PyErr_NoMemory() : Py_BuildValue("nn", (Py_ssize_t)(p - start), articles);
}

/* Count the words that are kept: here and not one by one while they come, which costs a cache miss each. */
static int count_words(LexiconObject *self) {
    size_t before = self->counts_capacity;
    if (!reserve((void **)&self->counts, &self->counts_capacity, (size_t)self->ids + 1, sizeof(uint64_t)))
        return 0;
    memset(self->counts + before, 0, (self->counts_capacity - before) * sizeof(uint64_t));
    for (size_t i = 0; i < self->encoded_size; i++)
        if (self->encoded[i] != END)
            self->counts[self->encoded[i]]++;
    return 1;
}

/* file.write() of `size` bytes, without a copy of them. */
static int write_bytes(PyObject *file, const void *bytes, size_t size) {
    static char nothing[1];
    PyObject *view = PyMemoryView_FromMemory(size ? (char *)bytes : nothing, (Py_ssize_t)size, PyBUF_READ);
    PyObject *written = view ? PyObject_CallMethod(file, "write", "O", view) : NULL;
    PyObject *released = written ? PyObject_CallMethod(view, "release", NULL) : NULL; /* the memory is used again */
    Py_XDECREF(view);
    Py_XDECREF(written);
    Py_XDECREF(released);
    return released != NULL;
}

static PyObject *lexicon_flush(PyObject *object, PyObject *file) {
    LexiconObject *self = (LexiconObject *)object;
    if (!count_words(self))
        return PyErr_NoMemory();
    if (!write_bytes(file, self->encoded, self->encoded_size * sizeof(int32_t)))
        return NULL;
    self->encoded_size = 0;
    Py_RETURN_NONE;
}

/* A space parts the words for people, so within one it is written as gensim's Phrases writes it. */
static void replace_spaces(uint8_t *word, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (word[i] == ' ')
            word[i] = '_';
}

static PyObject *lexicon_words(PyObject *object, PyObject *nothing) {
    LexiconObject *self = (LexiconObject *)object;
    (void)nothing;
    PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(self->words.text_size + 24 * self->words.count));
    if (!result)
        return NULL;
    char *start = PyBytes_AS_STRING(result), *out = start;
    for (size_t i = 0; i < self->words.count; i++) {
        const Word *word = &self->words.words[i];
        if (word->id < 0)
            continue;
        memcpy(out, self->words.text + word->offset, word->length);
        replace_spaces((uint8_t *)out, word->length);
        out += word->length;
        *out++ = '\t';
        out = words_write_number(out, self->counts[word->id]);
        *out++ = '\n';
    }
    _PyBytes_Resize(&result, out - start);
    return result;
}

static PyObject *lexicon_counts(PyObject *object, PyObject *nothing) {
    LexiconObject *self = (LexiconObject *)object;
    unsigned long long words = 0, word_characters = 0, dropped_characters = 0, dropped[3] = {0};
    (void)nothing;
    for (size_t i = 0; i < self->words.count; i++) {
        const Word *word = &self->words.words[i];
        unsigned long long characters = 0;
        for (uint32_t j = 0; j < word->length; j++)
            characters += (self->words.text[word->offset + j] & 0xC0) != 0x80;
        if (word->id >= 0) {
            words += self->counts[word->id];
            word_characters += characters * self->counts[word->id];
        } else if (word->id != END) {
            dropped[WHITE_SPACE - word->id] += word->count;
            dropped_characters += characters * word->count;
        }
    }
    return Py_BuildValue("{sK sK sK sK sK sK s{sK sK sK}}", "characters", self->characters, "sentences", self->sentences,
                         "split_sentences", self->split_sentences, "words", words, "word_characters", word_characters,
                         "dropped_characters", dropped_characters, "dropped", "white_space", dropped[0], "punctuation",
                         dropped[1], "stop_words", dropped[2]);
}

static int add_word(LexiconObject *self, const char *word, size_t length, int32_t id) {
    int added;
    const uint8_t *bytes = (const uint8_t *)word;
    Slot *slot = words_add(&self->words, bytes, length, words_key(bytes, length, bytes + length), &added);
    if (slot)
        set_id(self, slot, id);
    return slot != NULL;
}

/* The stop words, a line each; and what ends a sentence, as words too, so that it needs no look of its own. */
static int add_known(LexiconObject *self, const char *text, Py_ssize_t size) {
    const char *end = text + size;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        if (!stop)
            stop = end;
        if (!add_word(self, text, (size_t)(stop - text), STOP_WORD))
            return 0;
        text = stop + 1;
    }
    return add_word(self, "\n", 1, END) && add_word(self, "", 0, END);
}

static PyObject *lexicon_new(PyTypeObject *type, PyObject *arguments, PyObject *options) {
    static char *names[] = {"stop_words", "keep_punctuation", "max_words", NULL};
    const char *stop_words;
    Py_ssize_t size;
    int keep_punctuation;
    unsigned int max_words;
    if (!PyArg_ParseTupleAndKeywords(arguments, options, "y#pI", names, &stop_words, &size, &keep_punctuation,
                                     &max_words))
        return NULL;
    LexiconObject *self = (LexiconObject *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    self->keep_punctuation = keep_punctuation;
    self->max_words = max_words;
    if (!add_known(self, stop_words, size)) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static void lexicon_dealloc(PyObject *object) {
    LexiconObject *self = (LexiconObject *)object;
    words_free(&self->words);
    free(self->spans.spans);
    free(self->line.memory);
    free(self->encoded);
    free(self->counts);
    Py_TYPE(object)->tp_free(object);
}

static PyMethodDef methods[] = {
    {"encode", lexicon_encode, METH_VARARGS, "encode(table, text, HMM, kept): cut a text's sentences"},
    {"encode_lines", lexicon_encode_lines, METH_VARARGS,
     "encode_lines(table, lines, at, HMM): the texts of some lines of JSON from byte `at` on; returns where it stopped, "
     "and how many; none: a line that only a JSON parser can read"},
    {"flush", lexicon_flush, METH_O, "flush(file): write the ids since the last flush"},
    {"words", lexicon_words, METH_NOARGS, "word TAB count LF of each word, by id; flush first"},
    {"counts", lexicon_counts, METH_NOARGS, "what was kept and dropped; flush first"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject LexiconType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ciliu._native.Lexicon",
    .tp_doc = "Lexicon(stop_words, keep_punctuation, max_words): a word list that grows while text is encoded.",
    .tp_basicsize = sizeof(LexiconObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = lexicon_new,
    .tp_dealloc = lexicon_dealloc,
    .tp_methods = methods,
};
