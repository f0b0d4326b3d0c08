#include "normal.h"

#include <string.h>

/* A character that is neither printable ASCII nor Han. Returns its bytes; 0: not UTF-8. */
static size_t decode(const uint8_t *p, const uint8_t *end, uint32_t *point) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = *p < 0x80 ? 1 : *p < 0xC2 ? 0 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : *p < 0xF5 ? 4 : 0;
    if (!size || (size_t)(end - p) < size)
        return 0;
    uint32_t value = size == 1 ? *p : *p & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3F);
    }
    if (value < least[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *point = value;
    return size;
}

static int is_control(uint32_t c) {
    if (c < 0xA0)
        return c <= 0x08 || (c >= 0x0E && c <= 0x1B) || (c >= 0x7F && c != 0x85);
    return c == 0xAD || c == 0x061C || c == 0x180E || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F && c != 0x2065) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB);
}

static int is_line_end(uint32_t c) {
    return c == '\r' || c == 0x0B || c == 0x0C || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static int is_space(uint32_t c) {
    return c == '\t' || c == 0x1F || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

enum { FULL_WIDTH = 0xFEE0, FULL_STOP = 0xFF0E };

/* Punctuation that Chinese is written with stays: ！（），：；？～ */
static int is_full_width(uint32_t c) {
    return c >= 0xFF01 && c <= 0xFF5E && c != 0xFF01 && c != 0xFF08 && c != 0xFF09 && c != 0xFF0C && c != 0xFF1A &&
           c != 0xFF1B && c != 0xFF1F && c != 0xFF5E;
}

static int is_alphanumeric(uint32_t c) {
    c = c > FULL_WIDTH ? c - FULL_WIDTH : c;
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Whether NFC may change the character, or join it to the one before it; generous, a test holds that it is enough. */
static int nfc_may_change(uint32_t c) {
    static const uint32_t ranges[][2] = {
        {0x300, 0x36F},     {0x374, 0x374},     {0x37E, 0x37E},     {0x387, 0x387},     {0x483, 0x489},
        {0x591, 0x135F},    {0x1714, 0x2001},   {0x20D0, 0x20F0},   {0x2126, 0x212B},   {0x2329, 0x232A},
        {0x2ADC, 0x2DFF},   {0x302A, 0x302F},   {0x3099, 0x309A},   {0xA66F, 0xABED},   {0xF900, 0xFB4E},
        {0xFE20, 0xFE2F},   {0x101FD, 0x11FFF}, {0x16100, 0x16FFF}, {0x1BC9E, 0x1BC9E}, {0x1D15E, 0x1D244},
        {0x1E000, 0x1E94A}, {0x2F800, 0x2FA1D},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges) && c >= ranges[i][0]; i++)
        if (c <= ranges[i][1])
            return 1;
    return 0;
}

/* Whether an entity of HTML may stand there. */
static int has_entity(const uint8_t *p, const uint8_t *end) {
    while (p < end && (p = memchr(p, '&', (size_t)(end - p)))) {
        const uint8_t *name = ++p;
        name += name < end && *name == '#';
        const uint8_t *q = name;
        while (q < end && q - name < 32 && is_alphanumeric(*q))
            q++;
        if (q > name && q < end && *q == ';')
            return 1;
    }
    return 0;
}

/* The character at `p` or behind the controls there, which are counted in *controls. Returns its bytes, from *at on; 0:
 * the end, or not UTF-8. */
static size_t next_kept(const uint8_t *p, const uint8_t *end, const uint8_t **at, uint32_t *point, uint64_t *controls) {
    for (*controls = 0; p < end; ++*controls) {
        size_t size = decode(p, end, point);
        *at = p;
        if (!size || !is_control(*point))
            return size;
        p += size;
    }
    return 0;
}

/* Behind what no rule changes: printable ASCII, and U+4000 to U+9FFF, three bytes each. */
static const uint8_t *skip_plain(const uint8_t *p, const uint8_t *end, uint64_t *characters) {
    uint64_t count = 0;
    for (; end - p >= 3; count++)
        if ((uint8_t)(*p - ' ') < 0x7F - ' ')
            p++;
        else if ((uint8_t)(*p - 0xE4) <= 0xE9 - 0xE4 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80)
            p += 3;
        else
            break;
    *characters += count;
    return p;
}

int is_utf8(const uint8_t *text, size_t size) {
    const uint8_t *end = text + size;
    uint32_t point;
    uint64_t characters = 0;
    while ((text = skip_plain(text, end, &characters)) < end) {
        size_t length = decode(text, end, &point);
        if (!length)
            return 0;
        text += length;
    }
    return 1;
}

typedef struct {
    const uint8_t *p, *end;
    uint8_t *out;
    uint32_t before; /* the last character that was no control */
    unsigned rules;
    NormalCounts *counts;
} Normal;

static int holds(const Normal *self, int rule) { return (self->rules >> rule) & 1; }

/* One character that a rule may change. Returns 0: not UTF-8, or there may be something for NFC. */
static int normalize_one(Normal *self) {
    NormalCounts *counts = self->counts;
    const uint8_t *at;
    uint32_t c, after;
    uint64_t controls;
    size_t size = decode(self->p, self->end, &c);
    if (!size)
        return 0;
    const uint8_t *start = self->p;
    self->p += size;
    counts->characters_in++;
    if (is_control(c)) {
        counts->changed[NORMAL_CONTROLS]++;
        return 1;
    }
    counts->characters++;
    if (is_line_end(c)) {
        counts->changed[NORMAL_LINE_ENDS]++;
        if (c == '\r' && next_kept(self->p, self->end, &at, &after, &controls) && after == '\n') {
            self->p = at + 1;
            counts->characters_in += controls + 1;
            counts->changed[NORMAL_CONTROLS] += controls;
            counts->line_ends_removed++;
        }
        *self->out++ = '\n';
    } else if (is_space(c)) {
        counts->changed[NORMAL_SPACES]++;
        *self->out++ = ' ';
    } else if (is_full_width(c) && holds(self, NORMAL_FULL_WIDTH) && (c != FULL_STOP || (is_alphanumeric(self->before) &&
                                                       next_kept(self->p, self->end, &at, &after, &controls) &&
                                                       is_alphanumeric(after)))) {
        counts->changed[NORMAL_FULL_WIDTH]++;
        *self->out++ = (uint8_t)(c - FULL_WIDTH);
    } else if (holds(self, NORMAL_NFC) && nfc_may_change(c)) {
        return 0;
    } else {
        memcpy(self->out, start, size);
        self->out += size;
    }
    self->before = c;
    return 1;
}

uint8_t *normalize(const uint8_t *text, size_t size, unsigned rules, uint8_t *out, NormalCounts *counts) {
    Normal self = {text, text + size, out, 0, rules, counts};
    while (self.p < self.end) {
        uint64_t characters = 0;
        const uint8_t *plain = skip_plain(self.p, self.end, &characters);
        if (plain > self.p) {
            memcpy(self.out, self.p, (size_t)(plain - self.p));
            self.out += plain - self.p;
            counts->characters_in += characters;
            counts->characters += characters;
            self.before = plain[-1]; /* a Han character's last byte is no letter or digit either */
            self.p = plain;
        }
        if (self.p < self.end && !normalize_one(&self))
            return NULL;
    }
    if (holds(&self, NORMAL_ENTITIES) && has_entity(out, self.out))
        return NULL;
    return self.out;
}
