/* ciliu._native.Lexicon: a shard's own word list, and the shard's text as words and as ids of that list. */
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
    uint8_t *text; /* what was encoded since the last flush: words, and ids */
    size_t text_size, text_capacity;
    int32_t *encoded;
    size_t encoded_size, encoded_capacity;
    uint32_t in_sentence; /* words of the sentence's present part */
    int split;            /* whether it has parts */
    int kept;             /* whether the text has spans that are kept whole: only these words have spaces */
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

static void end_sentence(LexiconObject *self) {
    if (!self->in_sentence)
        return;
    self->text[self->text_size - 1] = '\n';
    self->encoded[self->encoded_size++] = END;
    self->sentences++;
    self->in_sentence = 0;
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

/* A space parts the words, so within one it is written as gensim's Phrases writes it. */
static void replace_spaces(uint8_t *word, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (word[i] == ' ')
            word[i] = '_';
}

/* Write a word if it is kept (its id is not negative): without a branch, since nobody can foretell it. */
static inline void write_word(LexiconObject *self, const uint8_t *word, size_t length, int32_t id, const uint8_t *end) {
    size_t kept = id >= 0;
    if (self->in_sentence == self->max_words && kept) {
        self->split_sentences += !self->split;
        self->split = 1;
        end_sentence(self);
    }
    uint8_t *out = self->text + self->text_size;
    if (length <= 16 && end - word >= 16)
        memcpy(out, word, 16);
    else
        memcpy(out, word, length);
    if (self->kept)
        replace_spaces(out, length);
    out[length] = ' ';
    self->text_size += kept * (length + 1);
    self->encoded[self->encoded_size] = id;
    self->encoded_size += kept;
    self->in_sentence += (uint32_t)kept;
}

static int is_end(const uint8_t *word, size_t length) { return !length || *word == '\n'; }

/* Up to BATCH words: all keys, then all ids, then what is to be written, so that the look-ups in the big table wait
 * together and not one after the other. */
static int encode_batch(LexiconObject *self, const uint8_t *piece, uint32_t begin, const uint32_t *ends, size_t count,
                        const uint8_t *text_end) {
    Key keys[BATCH];
    int32_t ids[BATCH];
    for (size_t i = 0, from = begin; i < count; from = ends[i++]) {
        keys[i] = words_key(piece + from, ends[i] - from, text_end);
        if (self->words.slot_count)
            PREFETCH(&self->words.slots[words_hash(keys[i]) & (self->words.slot_count - 1)]);
    }
    for (size_t i = 0, from = begin; i < count; from = ends[i++]) {
        int added;
        if (is_end(piece + from, ends[i] - from)) {
            ids[i] = END;
            continue;
        }
        Slot *slot = words_add(&self->words, piece + from, ends[i] - from, keys[i], &added);
        if (!slot)
            return 0;
        if (added)
            set_id(self, slot, reason_to_drop(self, piece + from, ends[i] - from));
        ids[i] = slot->id;
        if (slot->id < 0)
            self->words.words[slot->number - 1].count++;
    }
    for (size_t i = 0, from = begin; i < count; from = ends[i++]) {
        if (ids[i] == END) {
            end_sentence(self);
            self->split = 0;
        } else
            write_word(self, piece + from, ends[i] - from, ids[i], text_end);
    }
    return 1;
}

static int encode_piece(LexiconObject *self, const Cutter *cutter, const Scratch *scratch) {
    const uint32_t *ends = cut_ends(scratch);
    /* a space behind each word, an end behind each part of a sentence */
    if (!reserve((void **)&self->text, &self->text_capacity,
                 self->text_size + ends[cutter->words - 1] + cutter->words + 64, 1) ||
        !reserve((void **)&self->encoded, &self->encoded_capacity, self->encoded_size + 2 * cutter->words + 64,
                 sizeof(int32_t)))
        return 0;
    for (size_t i = 0; i < cutter->words; i += BATCH) {
        size_t count = cutter->words - i < BATCH ? cutter->words - i : BATCH;
        if (!encode_batch(self, cutter->text + cutter->start, i ? ends[i - 1] : 0, ends + i, count,
                          cutter->text + cutter->size))
            return 0;
    }
    return 1;
}

static int encode_text(LexiconObject *self, const Table *table, Cutter *cutter, Scratch *scratch) {
    int state;
    self->split = 0;
    while ((state = cut_next(table, cutter, scratch)) == CUT_PIECE)
        if (!encode_piece(self, cutter, scratch))
            return CUT_NO_MEMORY;
    end_sentence(self);
    size_t characters = 0;
    for (size_t i = 0; i < cutter->size; i++)
        characters += (cutter->text[i] & 0xC0) != 0x80;
    self->characters += characters;
    return state;
}

static PyObject *lexicon_encode(PyObject *object, PyObject *arguments) {
    LexiconObject *self = (LexiconObject *)object;
    TableObject *table;
    PyObject *text;
    int hmm;
    const char *kept; /* pairs of uint32: start and end in bytes, ascending, apart, at characters' ends */
    Py_ssize_t kept_size;
    if (!PyArg_ParseTuple(arguments, "O!Upy#", &TableType, &table, &text, &hmm, &kept, &kept_size))
        return NULL;
    Py_ssize_t size;
    const char *bytes = PyUnicode_AsUTF8AndSize(text, &size);
    if (!bytes)
        return NULL;
    if (size > INT32_MAX)
        return PyErr_Format(PyExc_ValueError, "an article of more than 2 GiB");
    self->kept = kept_size > 0;
    if (!find_sentences((const uint8_t *)bytes, (size_t)size, (const Span *)(const void *)kept,
                        (size_t)kept_size / sizeof(Span), &self->spans))
        return PyErr_NoMemory();
    Cutter cutter = {.text = (const uint8_t *)bytes,
                     .size = (size_t)size,
                     .spans = self->spans.spans,
                     .span_count = self->spans.count,
                     .hmm = hmm,
                     .lines = 1};
    Scratch scratch = take_scratch(table);
    int state = encode_text(self, &table->table, &cutter, &scratch);
    give_scratch(table, scratch);
    if (state != CUT_END)
        return raise_state(state, &cutter);
    Py_RETURN_NONE;
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

static PyObject *lexicon_flush(PyObject *object, PyObject *nothing) {
    LexiconObject *self = (LexiconObject *)object;
    (void)nothing;
    if (!count_words(self))
        return PyErr_NoMemory();
    PyObject *result = Py_BuildValue("(y#y#)", self->text ? (char *)self->text : "", (Py_ssize_t)self->text_size,
                                     self->encoded ? (char *)self->encoded : "",
                                     (Py_ssize_t)(self->encoded_size * sizeof(int32_t)));
    self->text_size = self->encoded_size = 0;
    return result;
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
        } else {
            dropped[WHITE_SPACE - word->id] += word->count;
            dropped_characters += characters * word->count;
        }
    }
    return Py_BuildValue("{sK sK sK sK sK sK s{sK sK sK}}", "characters", self->characters, "sentences", self->sentences,
                         "split_sentences", self->split_sentences, "words", words, "word_characters", word_characters,
                         "dropped_characters", dropped_characters, "dropped", "white_space", dropped[0], "punctuation",
                         dropped[1], "stop_words", dropped[2]);
}

static int add_stop_words(LexiconObject *self, const char *text, Py_ssize_t size) {
    const char *end = text + size;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        int added;
        if (!stop)
            stop = end;
        size_t length = (size_t)(stop - text);
        const uint8_t *word = (const uint8_t *)text;
        Slot *slot = words_add(&self->words, word, length, words_key(word, length, (const uint8_t *)end), &added);
        if (!slot)
            return 0;
        set_id(self, slot, STOP_WORD);
        text = stop + 1;
    }
    return 1;
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
    if (!add_stop_words(self, stop_words, size)) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static void lexicon_dealloc(PyObject *object) {
    LexiconObject *self = (LexiconObject *)object;
    words_free(&self->words);
    free(self->spans.spans);
    free(self->text);
    free(self->encoded);
    free(self->counts);
    Py_TYPE(object)->tp_free(object);
}

static PyMethodDef methods[] = {
    {"encode", lexicon_encode, METH_VARARGS, "encode(table, text, HMM, kept): cut a text's sentences"},
    {"flush", lexicon_flush, METH_NOARGS, "(words, ids) of what was encoded since the last flush"},
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
