#include "floats.h"

#include <stdlib.h>
#include <string.h>

/* Raffaele Giulietti, "The Schubfach way to render doubles" (2020), for float32. POWERS: 10^k for k from -31 to 45, the
   upper 64 bits, rounded up. */
static const uint64_t POWERS[] = {
    0x81CEB32C4B43FCF5u, 0xA2425FF75E14FC32u, 0xCAD2F7F5359A3B3Fu, 0xFD87B5F28300CA0Eu, 0x9E74D1B791E07E49u,
    0xC612062576589DDBu, 0xF79687AED3EEC552u, 0x9ABE14CD44753B53u, 0xC16D9A0095928A28u, 0xF1C90080BAF72CB2u,
    0x971DA05074DA7BEFu, 0xBCE5086492111AEBu, 0xEC1E4A7DB69561A6u, 0x9392EE8E921D5D08u, 0xB877AA3236A4B44Au,
    0xE69594BEC44DE15Cu, 0x901D7CF73AB0ACDAu, 0xB424DC35095CD810u, 0xE12E13424BB40E14u, 0x8CBCCC096F5088CCu,
    0xAFEBFF0BCB24AAFFu, 0xDBE6FECEBDEDD5BFu, 0x89705F4136B4A598u, 0xABCC77118461CEFDu, 0xD6BF94D5E57A42BDu,
    0x8637BD05AF6C69B6u, 0xA7C5AC471B478424u, 0xD1B71758E219652Cu, 0x83126E978D4FDF3Cu, 0xA3D70A3D70A3D70Bu,
    0xCCCCCCCCCCCCCCCDu, 0x8000000000000000u, 0xA000000000000000u, 0xC800000000000000u, 0xFA00000000000000u,
    0x9C40000000000000u, 0xC350000000000000u, 0xF424000000000000u, 0x9896800000000000u, 0xBEBC200000000000u,
    0xEE6B280000000000u, 0x9502F90000000000u, 0xBA43B74000000000u, 0xE8D4A51000000000u, 0x9184E72A00000000u,
    0xB5E620F480000000u, 0xE35FA931A0000000u, 0x8E1BC9BF04000000u, 0xB1A2BC2EC5000000u, 0xDE0B6B3A76400000u,
    0x8AC7230489E80000u, 0xAD78EBC5AC620000u, 0xD8D726B7177A8000u, 0x878678326EAC9000u, 0xA968163F0A57B400u,
    0xD3C21BCECCEDA100u, 0x84595161401484A0u, 0xA56FA5B99019A5C8u, 0xCECB8F27F4200F3Au, 0x813F3978F8940985u,
    0xA18F07D736B90BE6u, 0xC9F2C9CD04674EDFu, 0xFC6F7C4045812297u, 0x9DC5ADA82B70B59Eu, 0xC5371912364CE306u,
    0xF684DF56C3E01BC7u, 0x9A130B963A6C115Du, 0xC097CE7BC90715B4u, 0xF0BDC21ABB48DB21u, 0x96769950B50D88F5u,
    0xBC143FA4E250EB32u, 0xEB194F8E1AE525FEu, 0x92EFD1B8D0CF37BFu, 0xB7ABC627050305AEu, 0xE596B7B0C643C71Au,
    0x8F7E32CE7BEA5C70u, 0xB35DBF821AE4F38Cu};

typedef struct {
    uint32_t digits;
    int exponent;
} Decimal;

static uint32_t round_to_odd(uint64_t power, uint32_t c) {
    uint64_t low = (power & 0xFFFFFFFFu) * c, high = (power >> 32) * c + (low >> 32); /* 96 bits of the product */
    uint32_t y1 = (uint32_t)(high >> 32), y0 = (uint32_t)high;
    return y1 | (y0 > 1);
}

/* The shortest decimal within the rounding interval of a positive float; of two the nearer one. */
static Decimal to_decimal(uint32_t bits) {
    uint32_t significand = bits & 0x7FFFFFu, exponent = bits >> 23 & 0xFFu;
    uint32_t c = exponent ? significand | 0x800000u : significand;
    int q = exponent ? (int)exponent - 150 : -149;
    if (exponent && q <= 0 && q > -24 && !(c & ((1u << -q) - 1)))
        return (Decimal){c >> -q, 0};
    uint32_t odd = c & 1, closer = !significand && exponent > 1;
    int k = (q * 1262611 - (closer ? 524031 : 0)) >> 22; /* floor(log10(2^q)), or of three quarters of it */
    int shift = q + ((-k * 1741647) >> 19) + 1;
    uint64_t power = POWERS[-k + 31];
    uint32_t lower = round_to_odd(power, (4 * c - 2 + closer) << shift) + odd;
    uint32_t middle = round_to_odd(power, 4 * c << shift);
    uint32_t upper = round_to_odd(power, (4 * c + 2) << shift) - odd;
    uint32_t s = middle / 4;
    if (s >= 10) {
        uint32_t tens = s / 10, down = lower <= 40 * tens, up = 40 * tens + 40 <= upper;
        if (down != up)
            return (Decimal){tens + up, k + 1};
    }
    uint32_t down = lower <= 4 * s, up = 4 * s + 4 <= upper, half = 4 * s + 2;
    if (down != up)
        return (Decimal){s + up, k};
    return (Decimal){s + (middle > half || (middle == half && (s & 1))), k};
}

static const char PAIRS[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
                            "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

static int count_digits(uint32_t number) {
    int count = 1;
    for (uint32_t limit = 10; count < 10 && number >= limit; limit *= 10)
        count++;
    return count;
}

/* `count` digits of `number`, zeros before it if it has fewer. */
static void write_digits(uint32_t number, int count, uint8_t *out) {
    while (count >= 2) {
        count -= 2;
        memcpy(out + count, PAIRS + 2 * (number % 100), 2);
        number /= 100;
    }
    if (count)
        out[0] = (uint8_t)('0' + number % 10);
}

static uint8_t *write_scientific(Decimal d, int count, int point, uint8_t *out) {
    write_digits(d.digits, count, out + 1);
    out[0] = out[1];
    out[1] = '.';
    out += count > 1 ? count + 1 : 1;
    int exponent = point - 1;
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    write_digits((uint32_t)(exponent < 0 ? -exponent : exponent), 2, out);
    return out + 2;
}

uint8_t *float_write(float value, uint8_t *out) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((bits & 0x7F800000u) == 0x7F800000u) {
        const char *name = bits & 0x7FFFFFu ? "nan" : bits >> 31 ? "-inf" : "inf";
        memcpy(out, name, strlen(name));
        return out + strlen(name);
    }
    if (bits >> 31)
        *out++ = '-';
    bits &= 0x7FFFFFFFu;
    if (!bits) {
        memcpy(out, "0.0", 3);
        return out + 3;
    }
    Decimal d = to_decimal(bits);
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    int count = count_digits(d.digits), point = count + d.exponent; /* where the point stands among the digits */
    if ((value < 0 ? -value : value) < 1e-4 || point > 6) /* as a double: the float 1e-4 is below it */
        return write_scientific(d, count, point, out);
    if (point <= 0) { /* 0.0001234 */
        memcpy(out, "0.00000", 7);
        write_digits(d.digits, count, out + 2 - point);
        return out + 2 - point + count;
    }
    if (point >= count) { /* 12300.0 */
        write_digits(d.digits, count, out);
        memset(out + count, '0', (size_t)(point - count));
        memcpy(out + point, ".0", 2);
        return out + point + 2;
    }
    write_digits(d.digits, count, out + 1);
    memmove(out, out + 1, (size_t)point);
    out[point] = '.';
    return out + count + 1;
}

static const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* What is too long or too large for one division: the C library. A number is shorter than 64 bytes. */
static const uint8_t *read_slowly(const uint8_t *p, const uint8_t *end, float *value) {
    char copy[64] = {0};
    size_t size = (size_t)(end - p) < sizeof copy - 1 ? (size_t)(end - p) : sizeof copy - 1;
    memcpy(copy, p, size);
    size_t length = strspn(copy, "0123456789+-.eEnaif");
    copy[length] = 0;
    char *stop;
    *value = strtof(copy, &stop);
    return stop == copy + length && length && length < sizeof copy - 1 ? p + length : NULL;
}

const uint8_t *float_read(const uint8_t *p, const uint8_t *end, float *value) {
    const uint8_t *start = p;
    int negative = p < end && *p == '-', digits = 0, behind = 0, exponent = 0, seen = 0;
    uint64_t number = 0;
    p += negative;
    for (int point = 0; p < end; p++) {
        if (*p == '.' && !point) {
            point = 1;
            continue;
        }
        uint32_t digit = (uint32_t)*p - '0';
        if (digit > 9)
            break;
        number = number * 10 + digit;
        digits += number != 0;
        behind += point;
        seen = 1;
        if (digits > 15)
            return read_slowly(start, end, value);
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        int minus = p < end && *p == '-';
        p += p < end && (*p == '-' || *p == '+');
        const uint8_t *first = p;
        for (; p < end && *p >= '0' && *p <= '9' && exponent < 1000; p++)
            exponent = exponent * 10 + (*p - '0');
        if (p == first)
            return NULL;
        exponent = minus ? -exponent : exponent;
    }
    exponent -= behind;
    if (!seen || exponent < -22 || exponent > 22)
        return read_slowly(start, end, value);
    /* below 2^53 and 10^22 both are exact, so the double is the nearest one; only where it lies in the middle between
       two floats may the number itself lie to either side */
    double exact = exponent < 0 ? (double)number / TENS[-exponent] : (double)number * TENS[exponent];
    uint64_t bits;
    memcpy(&bits, &exact, 8);
    if ((bits & 0x1FFFFFFFu) == 0x10000000u || (exact != 0 && exact < 1.2e-38))
        return read_slowly(start, end, value);
    *value = (float)(negative ? -exact : exact);
    return p;
}
