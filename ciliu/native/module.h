/* What the parts of the binding share. */
#ifndef CILIU_MODULE_H
#define CILIU_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "cut.h"

typedef struct {
    PyObject_HEAD
    Table table;
    Py_buffer buffer;
    Scratch spare; /* of the last call, for the next */
} TableObject;

extern PyTypeObject ArticlesType, TableType, LexiconType, CounterType, TrainerType, GramsType;

/* A call's scratch memory: the table's spare one if no other thread has it. Hold Python's lock for both. */
Scratch take_scratch(TableObject *self);
void give_scratch(TableObject *self, Scratch scratch);

/* Raise what a cutter's state stands for. Returns NULL. */
PyObject *raise_state(int state, const Cutter *cutter);

/* Whether Python's str.isspace() holds for the character of `length` bytes at `p`. */
int is_space(const uint8_t *p, size_t length);

/* The list of words of `text`. */
enum { MODE_HMM = 1, MODE_SEARCH = 2, MODE_ALL = 4 };
PyObject *list_words(TableObject *self, PyObject *text, int mode);

/* Whether the dictionary has `word` (a str), with a frequency. -1: no memory. */
int has_word(TableObject *self, PyObject *word);

/* The instruction sets that this machine can train with, the best first. */
PyObject *list_targets(PyObject *module, PyObject *unused);

/* Vectors as lines of text, and back. */
PyObject *format_rows(PyObject *module, PyObject *arguments);
PyObject *pack_rows(PyObject *module, PyObject *arguments);
PyObject *parse_rows(PyObject *module, PyObject *arguments);

/* What of new words is native. */
PyObject *count_grams(PyObject *module, PyObject *arguments);
PyObject *merge_runs(PyObject *module, PyObject *arguments);
PyObject *keep_grams(PyObject *module, PyObject *arguments);
PyObject *vote(PyObject *module, PyObject *arguments);
PyObject *find_words(PyObject *module, PyObject *arguments);

#endif
