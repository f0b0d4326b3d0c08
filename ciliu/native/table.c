/* Opening a compiled dictionary: nothing in the file is believed before it was looked at. */
#include "table.h"

#include <string.h>

/* A-Z 1-26, a-z 27-52, 0-9 53-62, then + # & . _ % - */
const uint16_t ascii_codes[128] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,  ['I'] = 9,
    ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
    ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27,
    ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45,
    ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
    ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63,
    ['#'] = 64, ['&'] = 65, ['.'] = 66, ['_'] = 67, ['%'] = 68, ['-'] = 69,
};

size_t table_size(uint64_t nodes, uint64_t force_split) {
    return sizeof(Header) + CODES * sizeof(Node) + nodes * sizeof(Node) + CODES * sizeof(double[4]) +
           force_split * sizeof(uint32_t) + MAP_SIZE * sizeof(uint16_t);
}

static const char *check_header(const Header *header, size_t size) {
    if (size < sizeof(Header) || memcmp(header->magic, "CILIUDIC", 8) != 0)
        return "is no compiled dictionary";
    if (header->order != BYTE_ORDER_MARK)
        return "was compiled on a machine of another byte order";
    if (header->version != FORMAT_VERSION)
        return "was compiled by another version of Ciliu";
    if (header->size != size || table_size(header->nodes, header->force_split) != size)
        return "is damaged: its size is not what it says";
    return NULL;
}

/* Whether a walk could leave the nodes: by a base beyond `limit`, or with code 0, which ends every text. */
static int leaves(const Node *nodes, size_t count, uint32_t limit) {
    for (size_t i = 0; i < count; i++)
        if (nodes[i].base > limit || (nodes[i].check == i && nodes[i].check))
            return 1;
    return 0;
}

const char *table_open(Table *table, const void *data, size_t size) {
    const Header *header = data;
    const char *problem = check_header(header, size);
    if (problem)
        return problem;
    const Node *roots = (const Node *)(header + 1);
    const Node *nodes = roots + CODES;
    const double(*emission)[4] = (const double(*)[4])(nodes + header->nodes);
    const uint32_t *force_split = (const uint32_t *)(emission + CODES);
    const uint16_t *map = (const uint16_t *)(force_split + header->force_split);
    if (header->nodes < CODES || leaves(roots, CODES, header->nodes - CODES) ||
        leaves(nodes, header->nodes, header->nodes - CODES))
        return "is damaged: a node points out of the table";
    for (size_t i = 0; i < MAP_SIZE; i++)
        if (map[i] >= CODES)
            return "is damaged: a character without a code";
    *table = (Table){header, roots, nodes, emission, force_split, map};
    return NULL;
}
