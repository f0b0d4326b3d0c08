/* A compiled dictionary: a double-array trie over characters, with the finished weight of every word.
 *
 * Words exist only in runs of the characters [\u4E00-\u9FD5a-zA-Z0-9+#&._%-] (jieba 0.42.1, re_han_default). Each of
 * them has a code: 1-62 the Latin letters and digits, 63-69 the signs, from 70 the Han characters, the commonest of the
 * dictionary first, so that what is walked often lies together. Code 0 is every other character: it ends a run.
 */
#ifndef CILIU_TABLE_H
#define CILIU_TABLE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define PREFETCH(address) __builtin_prefetch(address)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#define PREFETCH(address) ((void)0)
#define UNLIKELY(condition) (condition)
#endif

#define FORMAT_VERSION 1
#define BYTE_ORDER_MARK 0x01020304u

#define ALNUM_CODES 62
#define FIRST_HAN_CODE 70
#define FIRST_HAN 0x4E00u
#define HAN_COUNT 20950u /* to U+9FD5 */
#define CODES (FIRST_HAN_CODE + HAN_COUNT)
#define MAP_FIRST 0x4000u /* the three-byte sequences that begin with E4 to E9 */
#define MAP_SIZE 0x6000u
#define LONGEST_WORD 65535u /* characters: a length has 16 bits */

typedef struct {
    uint32_t base;  /* child c stands at base + c; 0: no child */
    uint32_t check; /* base of the parent; bases are unique, so this names it */
    double weight;  /* log(frequency) - log(total); -inf: no word ends here */
} Node;

typedef struct {
    char magic[8];
    uint32_t version, order;
    uint64_t size;
    uint8_t sum[16];      /* xxh3_128 of all that follows it */
    uint32_t nodes, words;
    uint32_t force_split; /* how many words the HMM must split */
    uint32_t longest;     /* characters of the longest word */
    uint64_t total;
    double unknown;       /* weight of a character that is no word: log(1) - log(total) */
    double start[4];      /* HMM, states in the order B E M S */
    double transition[16];
    uint8_t reserved[24]; /* to 256 bytes: a node never lies across two cache lines */
} Header;

typedef struct {
    const Header *header;
    const Node *roots;           /* CODES: words of one character, and where their second one is looked up */
    const Node *nodes;
    const double (*emission)[4]; /* CODES × B E M S */
    const uint32_t *force_split; /* node numbers, ascending */
    const uint16_t *map;         /* MAP_SIZE: code of the character MAP_FIRST + i */
} Table;

extern const uint16_t ascii_codes[128];

/* Bytes of a table with so many nodes and forced splits. */
size_t table_size(uint64_t nodes, uint64_t force_split);

/* Lay `table` over `data`. Returns NULL, or why it is no table. Afterwards no walk can leave the nodes. */
const char *table_open(Table *table, const void *data, size_t size);

/* Compile `tsv` (word TAB frequency LF …, UTF-8). `force_split`: a word a line. `hmm`: start (4), transition (4 × 4),
 * emission (HAN_COUNT × 4). Returns malloc'ed bytes and their number, or NULL with a reason. */
void *table_build(const char *tsv, size_t tsv_size, const char *force_split, size_t force_size, uint64_t total,
                  const double *hmm, size_t *size, const char **reason);

#endif
