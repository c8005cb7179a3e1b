/* GOST 34.311-95, GOST 28147 and arithmetic on binary curves, for Python's stable interface.

   Why: the hash alone costs pure Python some 6 ms for a document of 5 KB, which would be the whole time of a
   signature fifteen times over. Every function here has a twin in Python of the same meaning (gost28147.py, gost34311.py,
   field.py, points.py) that serves where no compiler was there at installation; the tests hold them against each other.

   What is secret: the scalar of ladder_x() and the factors of multiply(). Both are computed without branches on, or
   table look-ups by, secret values. combine() is for verification only, where nothing is secret. The look-up tables of
   the cipher are indexed by data, as in every implementation by tables. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* ---------------------------------------------------------------- GOST 28147 */

typedef struct {
    uint32_t table[4][256]; /* two rows of the S-box and the turn by 11 bits in one look-up */
} Box;

static const uint8_t DKE1[64] = { /* ДКЕ №1, two entries in a byte, the row of the lowest nibble first */
    0xa9, 0xd6, 0xeb, 0x45, 0xf1, 0x3c, 0x70, 0x82, 0x80, 0xc4, 0x96, 0x7b, 0x23, 0x1f, 0x5e, 0xad,
    0xf6, 0x58, 0xeb, 0xa4, 0xc0, 0x37, 0x29, 0x1d, 0x38, 0xd9, 0x6b, 0xf0, 0x25, 0xca, 0x4e, 0x17,
    0xf8, 0xe9, 0x72, 0x0d, 0xc6, 0x15, 0xb4, 0x3a, 0x28, 0x97, 0x5f, 0x0b, 0xc1, 0xde, 0xa3, 0x64,
    0x38, 0xb5, 0x64, 0xea, 0x2c, 0x17, 0x9f, 0xd0, 0x12, 0x3e, 0x6d, 0xb8, 0xfa, 0xc5, 0x79, 0x04,
};

static Box dke1_box;

static uint32_t box_entry(const uint8_t *packed, int row, int value)
{
    uint8_t both = packed[row * 8 + value / 2];
    return value % 2 ? both & 15 : both >> 4;
}

static void build_box(Box *box, const uint8_t *packed)
{
    for (int place = 0; place < 4; place++)
        for (int value = 0; value < 256; value++) {
            uint32_t low = box_entry(packed, place * 2, value & 15);
            uint32_t high = box_entry(packed, place * 2 + 1, value >> 4);
            uint32_t word = (low | high << 4) << (8 * place);
            box->table[place][value] = word << 11 | word >> 21;
        }
}

static uint32_t load32(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void store32(uint8_t *to, uint32_t word)
{
    to[0] = (uint8_t)word, to[1] = (uint8_t)(word >> 8), to[2] = (uint8_t)(word >> 16), to[3] = (uint8_t)(word >> 24);
}

static inline uint32_t turn(const Box *box, uint32_t sum)
{
    return box->table[0][sum & 255] ^ box->table[1][sum >> 8 & 255] ^ box->table[2][sum >> 16 & 255] ^
           box->table[3][sum >> 24];
}

#define PAIR(first, second)                   \
    b ^= turn(box, a + key[first]);           \
    a ^= turn(box, b + key[second])

static inline void encrypt_words(const Box *box, const uint32_t *key, uint32_t *low, uint32_t *high)
{
    uint32_t a = *low, b = *high;
    for (int round = 0; round < 3; round++) {
        PAIR(0, 1);
        PAIR(2, 3);
        PAIR(4, 5);
        PAIR(6, 7);
    }
    PAIR(7, 6);
    PAIR(5, 4);
    PAIR(3, 2);
    PAIR(1, 0);
    *low = b, *high = a;
}

static inline void decrypt_words(const Box *box, const uint32_t *key, uint32_t *low, uint32_t *high)
{
    uint32_t a = *low, b = *high;
    PAIR(0, 1);
    PAIR(2, 3);
    PAIR(4, 5);
    PAIR(6, 7);
    for (int round = 0; round < 3; round++) {
        PAIR(7, 6);
        PAIR(5, 4);
        PAIR(3, 2);
        PAIR(1, 0);
    }
    *low = b, *high = a;
}

static void encrypt_block(const Box *box, const uint32_t *key, const uint8_t *from, uint8_t *to)
{
    uint32_t low = load32(from), high = load32(from + 4);
    encrypt_words(box, key, &low, &high);
    store32(to, low), store32(to + 4, high);
}

static void decrypt_block(const Box *box, const uint32_t *key, const uint8_t *from, uint8_t *to)
{
    uint32_t low = load32(from), high = load32(from + 4);
    decrypt_words(box, key, &low, &high);
    store32(to, low), store32(to + 4, high);
}

/* ---------------------------------------------------------------- GOST 34.311-95 */

/* The 16 halfwords go through a shift register: its new halfword is the sum of those at 0, 1, 2, 3, 12 and 15. */
static void shift_register(uint16_t *words, int steps)
{
    for (int at = 0; at < steps; at++)
        words[at + 16] = words[at] ^ words[at + 1] ^ words[at + 2] ^ words[at + 3] ^ words[at + 12] ^ words[at + 15];
}

static void shift_block(uint8_t *block, int steps)
{
    uint16_t words[16 + 61];
    memcpy(words, block, 32);
    shift_register(words, steps);
    memcpy(block, words + steps, 32);
}

static void xor_block(uint8_t *to, const uint8_t *other)
{
    for (int at = 0; at < 32; at++)
        to[at] ^= other[at];
}

/* A: (y4, y3, y2, y1) becomes (y1 + y2, y4, y3, y2); y1 are the first eight bytes. */
static void transform_a(uint8_t *block)
{
    uint8_t first[8];
    for (int at = 0; at < 8; at++)
        first[at] = block[at] ^ block[at + 8];
    memmove(block, block + 8, 24);
    memcpy(block + 24, first, 8);
}

static void transform_p(const uint8_t *block, uint32_t *key)
{
    for (int word = 0; word < 8; word++)
        key[word] = (uint32_t)block[word] | (uint32_t)block[word + 8] << 8 | (uint32_t)block[word + 16] << 16 |
                    (uint32_t)block[word + 24] << 24;
}

static const uint8_t C3[32] = {
    0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00,
    0x00, 0xff, 0xff, 0x00, 0xff, 0x00, 0x00, 0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00, 0xff,
};

static void hash_keys(const uint8_t *state, const uint8_t *block, uint32_t keys[4][8])
{
    uint8_t u[32], v[32], w[32];
    memcpy(u, state, 32);
    memcpy(v, block, 32);
    for (int number = 0; number < 4; number++) {
        if (number) {
            transform_a(u);
            if (number == 2)
                xor_block(u, C3);
            transform_a(v);
            transform_a(v);
        }
        memcpy(w, u, 32);
        xor_block(w, v);
        transform_p(w, keys[number]);
    }
}

static void hash_step(const Box *box, uint8_t *state, const uint8_t *block)
{
    uint32_t keys[4][8];
    uint8_t mixed[32];
    hash_keys(state, block, keys);
    for (int part = 0; part < 4; part++)
        encrypt_block(box, keys[part], state + part * 8, mixed + part * 8);
    shift_block(mixed, 12);
    xor_block(mixed, block);
    shift_block(mixed, 1);
    xor_block(state, mixed);
    shift_block(state, 61);
}

static void add_block(uint8_t *sum, const uint8_t *block)
{
    unsigned carry = 0;
    for (int at = 0; at < 32; at++) {
        carry += (unsigned)sum[at] + block[at];
        sum[at] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void hash_message(const Box *box, const uint8_t *data, size_t size, uint8_t *state)
{
    uint8_t sum[32] = {0}, last[32] = {0}, length[32] = {0};
    memset(state, 0, 32);
    for (size_t at = 0; at < size; at += 32) {
        const uint8_t *block = data + at;
        if (size - at < 32) {
            memcpy(last, block, size - at);
            block = last;
        }
        hash_step(box, state, block);
        add_block(sum, block);
    }
    for (int at = 0; at < 8; at++)
        length[at] = (uint8_t)((uint64_t)size << 3 >> (8 * at));
    length[8] = (uint8_t)((uint64_t)size >> 61);
    hash_step(box, state, length);
    hash_step(box, state, sum);
}

/* ---------------------------------------------------------------- fields GF(2^m), m up to 447 */

#define WORDS 7
typedef uint64_t Element[WORDS];

typedef struct {
    int m, words, terms;
    int places[4]; /* of the polynomial's lower terms, that of 1 among them */
} Field;

/* The product of two words without carries, its lower half: holes of three bits swallow the carries. */
static inline uint64_t carryless(uint64_t x, uint64_t y)
{
    const uint64_t m0 = 0x1111111111111111u, m1 = m0 << 1, m2 = m0 << 2, m3 = m0 << 3;
    uint64_t x0 = x & m0, x1 = x & m1, x2 = x & m2, x3 = x & m3;
    uint64_t y0 = y & m0, y1 = y & m1, y2 = y & m2, y3 = y & m3;
    uint64_t z0 = (x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1);
    uint64_t z1 = (x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2);
    uint64_t z2 = (x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3);
    uint64_t z3 = (x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0);
    return (z0 & m0) | (z1 & m1) | (z2 & m2) | (z3 & m3);
}

static inline uint64_t reversed(uint64_t x)
{
    x = (x >> 1 & 0x5555555555555555u) | (x & 0x5555555555555555u) << 1;
    x = (x >> 2 & 0x3333333333333333u) | (x & 0x3333333333333333u) << 2;
    x = (x >> 4 & 0x0f0f0f0f0f0f0f0fu) | (x & 0x0f0f0f0f0f0f0f0fu) << 4;
    x = (x >> 8 & 0x00ff00ff00ff00ffu) | (x & 0x00ff00ff00ff00ffu) << 8;
    x = (x >> 16 & 0x0000ffff0000ffffu) | (x & 0x0000ffff0000ffffu) << 16;
    return x >> 32 | x << 32;
}

static void portable_product(int words, uint64_t *to, const uint64_t *a, const uint64_t *b)
{
    uint64_t upper[2 * WORDS] = {0}, turned_a[WORDS], turned_b[WORDS];
    for (int at = 0; at < words; at++)
        turned_a[at] = reversed(a[at]), turned_b[at] = reversed(b[at]);
    memset(to, 0, 2 * WORDS * sizeof *to);
    for (int i = 0; i < words; i++)
        for (int j = 0; j < words; j++) {
            to[i + j] ^= carryless(a[i], b[j]);
            upper[i + j] ^= carryless(turned_a[i], turned_b[j]);
        }
    for (int at = 0; at < 2 * words - 1; at++)
        to[at + 1] ^= reversed(upper[at]) >> 1;
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <wmmintrin.h>
#define HAS_PCLMUL 1
static int has_pclmul;

__attribute__((target("pclmul,sse2"))) static void pclmul_product(int words, uint64_t *to, const uint64_t *a,
                                                                  const uint64_t *b)
{
    memset(to, 0, 2 * WORDS * sizeof *to);
    for (int i = 0; i < words; i++) {
        __m128i left = _mm_set_epi64x(0, (long long)a[i]);
        for (int j = 0; j < words; j++) {
            __m128i both = _mm_clmulepi64_si128(left, _mm_set_epi64x(0, (long long)b[j]), 0);
            uint64_t pair[2];
            _mm_storeu_si128((__m128i *)pair, both);
            to[i + j] ^= pair[0];
            to[i + j + 1] ^= pair[1];
        }
    }
}
#endif

static void reduce(const Field *f, uint64_t *wide, uint64_t *to)
{
    int top = f->m / 64, spare = f->m % 64; /* no m here is a multiple of 64 */
    for (int at = 2 * f->words - 1; at > top; at--) {
        uint64_t word = wide[at];
        for (int term = 0; term < f->terms; term++) {
            int shift = at * 64 - f->m + f->places[term];
            wide[shift / 64] ^= word << shift % 64;
            if (shift % 64)
                wide[shift / 64 + 1] ^= word >> (64 - shift % 64);
        }
        wide[at] = 0;
    }
    uint64_t rest = wide[top] >> spare;
    wide[top] &= ((uint64_t)1 << spare) - 1;
    for (int term = 0; term < f->terms; term++) {
        int place = f->places[term];
        wide[place / 64] ^= rest << place % 64;
        if (place % 64)
            wide[place / 64 + 1] ^= rest >> (64 - place % 64);
    }
    memcpy(to, wide, WORDS * sizeof *to);
}

static void multiply(const Field *f, uint64_t *to, const uint64_t *a, const uint64_t *b)
{
    uint64_t wide[2 * WORDS];
#ifdef HAS_PCLMUL
    if (has_pclmul)
        pclmul_product(f->words, wide, a, b);
    else
#endif
        portable_product(f->words, wide, a, b);
    reduce(f, wide, to);
}

static uint64_t spread(uint64_t x) /* 32 bits with a zero before each of them */
{
    x = (x | x << 16) & 0x0000ffff0000ffffu;
    x = (x | x << 8) & 0x00ff00ff00ff00ffu;
    x = (x | x << 4) & 0x0f0f0f0f0f0f0f0fu;
    x = (x | x << 2) & 0x3333333333333333u;
    return (x | x << 1) & 0x5555555555555555u;
}

static void square(const Field *f, uint64_t *to, const uint64_t *a)
{
    uint64_t wide[2 * WORDS] = {0};
    for (int at = 0; at < f->words; at++) {
        wide[2 * at] = spread(a[at] & 0xffffffffu);
        wide[2 * at + 1] = spread(a[at] >> 32);
    }
    reduce(f, wide, to);
}

static void add(uint64_t *to, const uint64_t *a, const uint64_t *b)
{
    for (int at = 0; at < WORDS; at++)
        to[at] = a[at] ^ b[at];
}

static int is_zero(const uint64_t *a)
{
    uint64_t any = 0;
    for (int at = 0; at < WORDS; at++)
        any |= a[at];
    return !any;
}

/* a^(2^m - 2), by doubling the run of ones in the exponent (Itoh and Tsujii). The steps depend on m alone. */
static void invert(const Field *f, uint64_t *to, const uint64_t *a)
{
    Element run, shifted;
    int ones = 1, length = f->m - 1, bit = 0;
    while (length >> (bit + 1))
        bit++;
    memcpy(run, a, sizeof run);
    while (bit--) {
        memcpy(shifted, run, sizeof run);
        for (int at = 0; at < ones; at++)
            square(f, shifted, shifted);
        multiply(f, run, run, shifted);
        ones *= 2;
        if (length >> bit & 1) {
            square(f, run, run);
            multiply(f, run, run, a);
            ones++;
        }
    }
    square(f, to, run);
}

/* ---------------------------------------------------------------- points of y^2 + xy = x^3 + ax^2 + b */

typedef struct {
    Field field;
    int a;
    Element b;
} Curve;

typedef struct {
    Element x, y, z; /* López-Dahab: X/Z, Y/Z^2; Z = 0 is the point at infinity */
} Point;

static void double_point(const Curve *c, Point *p)
{
    const Field *f = &c->field;
    Element xx, zz, bzzzz, t;
    square(f, xx, p->x);
    square(f, zz, p->z);
    square(f, bzzzz, zz);
    multiply(f, bzzzz, bzzzz, c->b);
    multiply(f, p->z, xx, zz);
    square(f, p->x, xx);
    add(p->x, p->x, bzzzz);
    square(f, t, p->y);
    add(t, t, bzzzz);
    if (c->a)
        add(t, t, p->z);
    multiply(f, t, t, p->x);
    multiply(f, p->y, bzzzz, p->z);
    add(p->y, p->y, t);
}

static void set_affine(Point *p, const uint64_t *x, const uint64_t *y)
{
    memset(p, 0, sizeof *p);
    memcpy(p->x, x, sizeof p->x);
    memcpy(p->y, y, sizeof p->y);
    p->z[0] = 1;
}

static void add_affine(const Curve *c, Point *p, const uint64_t *x, const uint64_t *y)
{
    const Field *f = &c->field;
    Element a, b, cc, d, e, t, zz;
    if (is_zero(p->z)) {
        set_affine(p, x, y);
        return;
    }
    square(f, zz, p->z);
    multiply(f, a, y, zz);
    add(a, a, p->y);
    multiply(f, b, x, p->z);
    add(b, b, p->x);
    if (is_zero(b)) {
        if (is_zero(a))
            double_point(c, p);
        else
            memset(p, 0, sizeof *p);
        return;
    }
    multiply(f, cc, p->z, b);
    square(f, d, b);
    memcpy(t, cc, sizeof t);
    if (c->a)
        add(t, t, zz);
    multiply(f, d, d, t);
    square(f, p->z, cc);
    multiply(f, e, a, cc);
    square(f, p->x, a);
    add(p->x, p->x, d);
    add(p->x, p->x, e);
    multiply(f, t, x, p->z);
    add(t, t, p->x);
    add(e, e, p->z);
    multiply(f, e, e, t);
    square(f, zz, p->z);
    add(t, x, y);
    multiply(f, t, t, zz);
    add(p->y, e, t);
}

static void to_affine(const Curve *c, const Point *p, uint64_t *x, uint64_t *y)
{
    Element inverse;
    invert(&c->field, inverse, p->z);
    multiply(&c->field, x, p->x, inverse);
    square(&c->field, inverse, inverse);
    multiply(&c->field, y, p->y, inverse);
}

static int bit_of(const uint8_t *scalar, Py_ssize_t size, Py_ssize_t bit)
{
    return bit / 8 < size ? scalar[bit / 8] >> (bit % 8) & 1 : 0;
}

static void swap_if(uint64_t choice, uint64_t *a, uint64_t *b)
{
    uint64_t mask = 0 - choice;
    for (int at = 0; at < WORDS; at++) {
        uint64_t differing = (a[at] ^ b[at]) & mask;
        a[at] ^= differing;
        b[at] ^= differing;
    }
}

/* One rung: (x1 : z1) and (x2 : z2) differ by the base point; the first is doubled, the second becomes their sum. */
static void rung(const Curve *c, const uint64_t *base, uint64_t *x1, uint64_t *z1, uint64_t *x2, uint64_t *z2)
{
    const Field *f = &c->field;
    Element left, right;
    multiply(f, left, x1, z2);
    multiply(f, right, x2, z1);
    add(z2, left, right);
    square(f, z2, z2);
    multiply(f, left, left, right);
    multiply(f, x2, base, z2);
    add(x2, x2, left);
    square(f, x1, x1);
    square(f, z1, z1);
    multiply(f, left, x1, z1);
    square(f, x1, x1);
    square(f, z1, z1);
    multiply(f, z1, z1, c->b);
    add(x1, x1, z1);
    memcpy(z1, left, sizeof left);
}

/* ---------------------------------------------------------------- Python */

static int element_from(const Py_buffer *buffer, const Field *f, uint64_t *to)
{
    uint8_t bytes[WORDS * 8] = {0};
    if (buffer->len > f->words * 8) {
        PyErr_SetString(PyExc_ValueError, "an element of the field is longer than the field");
        return -1;
    }
    memcpy(bytes, buffer->buf, (size_t)buffer->len);
    for (int at = 0; at < WORDS; at++)
        to[at] = (uint64_t)load32(bytes + 8 * at) | (uint64_t)load32(bytes + 8 * at + 4) << 32;
    if (to[f->m / 64] >> f->m % 64) {
        PyErr_SetString(PyExc_ValueError, "an element of the field is longer than the field");
        return -1;
    }
    return 0;
}

static void element_to(const Field *f, const uint64_t *from, uint8_t *bytes)
{
    for (int at = 0; at < f->words; at++) {
        store32(bytes + 8 * at, (uint32_t)from[at]);
        store32(bytes + 8 * at + 4, (uint32_t)(from[at] >> 32));
    }
}

static int set_field(Field *f, int m, int k1, int k2, int k3)
{
    int places[4] = {0, k1, k2, k3};
    if (m <= 128 || m >= WORDS * 64 || m % 64 == 0) {
        PyErr_SetString(PyExc_ValueError, "no field of this degree");
        return -1;
    }
    f->m = m, f->words = (m + 63) / 64, f->terms = 0;
    for (int at = 0; at < 4; at++)
        if (at == 0 || places[at]) {
            if (places[at] < 0 || places[at] > m - 64) {
                PyErr_SetString(PyExc_ValueError, "a polynomial with a term too high");
                return -1;
            }
            f->places[f->terms++] = places[at];
        }
    return 0;
}

static PyObject *py_multiply(PyObject *self, PyObject *args)
{
    int m, k1, k2, k3, ok;
    Py_buffer left, right;
    Field f;
    Element a, b;
    uint8_t bytes[WORDS * 8];
    (void)self;
    if (!PyArg_ParseTuple(args, "iiiiy*y*", &m, &k1, &k2, &k3, &left, &right))
        return NULL;
    ok = !set_field(&f, m, k1, k2, k3) && !element_from(&left, &f, a) && !element_from(&right, &f, b);
    PyBuffer_Release(&left);
    PyBuffer_Release(&right);
    if (!ok)
        return NULL;
    multiply(&f, a, a, b);
    element_to(&f, a, bytes);
    return PyBytes_FromStringAndSize((const char *)bytes, f.words * 8);
}

/* The scalar's highest bit must be set and its length public: the caller adds the order once or twice. */
static PyObject *py_ladder_x(PyObject *self, PyObject *args)
{
    int m, k1, k2, k3, ok;
    Py_buffer b, x, scalar;
    Curve c;
    Element base, x1, z1, x2, z2;
    uint8_t bytes[WORDS * 8];
    (void)self;
    if (!PyArg_ParseTuple(args, "iiiiy*y*y*", &m, &k1, &k2, &k3, &b, &x, &scalar))
        return NULL;
    ok = !set_field(&c.field, m, k1, k2, k3) && !element_from(&b, &c.field, c.b) && !element_from(&x, &c.field, base);
    if (ok) {
        Py_ssize_t bit = scalar.len * 8 - 1;
        while (bit > 0 && !bit_of(scalar.buf, scalar.len, bit))
            bit--; /* the length is public */
        memcpy(x1, base, sizeof x1);
        memset(z1, 0, sizeof z1);
        z1[0] = 1;
        square(&c.field, z2, base);
        square(&c.field, x2, z2);
        add(x2, x2, c.b);
        uint64_t held = 0;
        while (bit-- > 0) {
            uint64_t wanted = (uint64_t)bit_of(scalar.buf, scalar.len, bit);
            swap_if(held ^ wanted, x1, x2);
            swap_if(held ^ wanted, z1, z2);
            held = wanted;
            rung(&c, base, x1, z1, x2, z2);
        }
        swap_if(held, x1, x2);
        swap_if(held, z1, z2);
        invert(&c.field, z1, z1);
        multiply(&c.field, x1, x1, z1);
        element_to(&c.field, x1, bytes);
    }
    PyBuffer_Release(&b);
    PyBuffer_Release(&x);
    PyBuffer_Release(&scalar);
    return ok ? PyBytes_FromStringAndSize((const char *)bytes, c.field.words * 8) : NULL;
}

static void combine(const Curve *c, Element points[3][2], const Py_buffer *s, const Py_buffer *r, Point *sum)
{
    Point both;
    Py_ssize_t bit = 8 * (s->len > r->len ? s->len : r->len);
    set_affine(&both, points[0][0], points[0][1]);
    add_affine(c, &both, points[1][0], points[1][1]);
    int opposite = is_zero(both.z);
    if (!opposite)
        to_affine(c, &both, points[2][0], points[2][1]);
    memset(sum, 0, sizeof *sum);
    while (bit-- > 0) {
        int which = bit_of(s->buf, s->len, bit) | bit_of(r->buf, r->len, bit) << 1;
        double_point(c, sum);
        if (which && !(which == 3 && opposite))
            add_affine(c, sum, points[which - 1][0], points[which - 1][1]);
    }
}

/* s*G + r*Q as (x, y), None for the point at infinity. Takes its time by the values: for public ones only. */
static PyObject *py_combine(PyObject *self, PyObject *args)
{
    int m, k1, k2, k3, ok;
    Py_buffer in[7]; /* b, s, gx, gy, r, qx, qy */
    Curve c;
    Element points[3][2];
    Point sum;
    uint8_t bytes[2][WORDS * 8];
    (void)self;
    if (!PyArg_ParseTuple(args, "iiiiiy*y*y*y*y*y*y*", &m, &k1, &k2, &k3, &c.a, &in[0], &in[1], &in[2], &in[3], &in[4],
                          &in[5], &in[6]))
        return NULL;
    ok = !set_field(&c.field, m, k1, k2, k3) && !element_from(&in[0], &c.field, c.b) &&
         !element_from(&in[2], &c.field, points[0][0]) && !element_from(&in[3], &c.field, points[0][1]) &&
         !element_from(&in[5], &c.field, points[1][0]) && !element_from(&in[6], &c.field, points[1][1]);
    if (ok)
        combine(&c, points, &in[1], &in[4], &sum);
    for (int at = 0; at < 7; at++)
        PyBuffer_Release(&in[at]);
    if (!ok)
        return NULL;
    if (is_zero(sum.z))
        Py_RETURN_NONE;
    to_affine(&c, &sum, points[0][0], points[0][1]);
    element_to(&c.field, points[0][0], bytes[0]);
    element_to(&c.field, points[0][1], bytes[1]);
    return Py_BuildValue("y#y#", bytes[0], (Py_ssize_t)(c.field.words * 8), bytes[1], (Py_ssize_t)(c.field.words * 8));
}

static const Box *box_from(const Py_buffer *packed, Box *own)
{
    if (packed->len != 64) {
        PyErr_SetString(PyExc_ValueError, "a packed S-box has 64 bytes");
        return NULL;
    }
    if (memcmp(packed->buf, DKE1, 64) == 0)
        return &dke1_box;
    build_box(own, packed->buf);
    return own;
}

static PyObject *py_gost34311(PyObject *self, PyObject *args)
{
    Py_buffer data, packed;
    Box own;
    uint8_t digest[32];
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*", &data, &packed))
        return NULL;
    const Box *box = box_from(&packed, &own);
    if (box)
        hash_message(box, data.buf, (size_t)data.len, digest);
    PyBuffer_Release(&data);
    PyBuffer_Release(&packed);
    return box ? PyBytes_FromStringAndSize((const char *)digest, 32) : NULL;
}

typedef void (*Mode)(const Box *, const uint32_t *, uint8_t *, const uint8_t *, uint8_t *, Py_ssize_t);

static void ecb_encrypt(const Box *box, const uint32_t *key, uint8_t *iv, const uint8_t *from, uint8_t *to,
                        Py_ssize_t size)
{
    (void)iv;
    for (Py_ssize_t at = 0; at + 8 <= size; at += 8)
        encrypt_block(box, key, from + at, to + at);
}

static void ecb_decrypt(const Box *box, const uint32_t *key, uint8_t *iv, const uint8_t *from, uint8_t *to,
                        Py_ssize_t size)
{
    (void)iv;
    for (Py_ssize_t at = 0; at + 8 <= size; at += 8)
        decrypt_block(box, key, from + at, to + at);
}

static void cfb(const Box *box, const uint32_t *key, uint8_t *iv, const uint8_t *from, uint8_t *to, Py_ssize_t size,
                int encrypts)
{
    uint8_t gamma[8];
    for (Py_ssize_t at = 0; at < size; at += 8) {
        Py_ssize_t count = size - at < 8 ? size - at : 8;
        encrypt_block(box, key, iv, gamma);
        for (Py_ssize_t i = 0; i < count; i++) {
            to[at + i] = from[at + i] ^ gamma[i];
            iv[i] = encrypts ? to[at + i] : from[at + i];
        }
    }
}

static void cfb_encrypt(const Box *box, const uint32_t *key, uint8_t *iv, const uint8_t *from, uint8_t *to,
                        Py_ssize_t size)
{
    cfb(box, key, iv, from, to, size, 1);
}

static void cfb_decrypt(const Box *box, const uint32_t *key, uint8_t *iv, const uint8_t *from, uint8_t *to,
                        Py_ssize_t size)
{
    cfb(box, key, iv, from, to, size, 0);
}

static PyObject *ciphered(Mode mode, int whole_blocks, const Py_buffer *in)
{
    Box own;
    uint32_t words[8];
    uint8_t iv[8];
    const Box *box = box_from(&in[1], &own);
    if (!box)
        return NULL;
    if (in[0].len != 32 || in[2].len != 8 || (whole_blocks && in[3].len % 8)) {
        PyErr_SetString(PyExc_ValueError, "a key has 32 bytes, a block and a start value 8");
        return NULL;
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, in[3].len);
    if (!result)
        return NULL;
    for (int at = 0; at < 8; at++)
        words[at] = load32((const uint8_t *)in[0].buf + 4 * at);
    memcpy(iv, in[2].buf, 8);
    mode(box, words, iv, in[3].buf, (uint8_t *)PyBytes_AsString(result), in[3].len);
    return result;
}

static PyObject *cipher(PyObject *args, Mode mode, int whole_blocks)
{
    Py_buffer in[4]; /* key, S-box, start value, data */
    if (!PyArg_ParseTuple(args, "y*y*y*y*", &in[0], &in[1], &in[2], &in[3]))
        return NULL;
    PyObject *result = ciphered(mode, whole_blocks, in);
    for (int at = 0; at < 4; at++)
        PyBuffer_Release(&in[at]);
    return result;
}

#define CIPHER(name, whole_blocks)                                   \
    static PyObject *py_##name(PyObject *self, PyObject *args)       \
    {                                                                \
        (void)self;                                                  \
        return cipher(args, name, whole_blocks);                     \
    }

CIPHER(ecb_encrypt, 1)
CIPHER(ecb_decrypt, 1)
CIPHER(cfb_encrypt, 0)
CIPHER(cfb_decrypt, 0)

static PyMethodDef methods[] = {
    {"gost34311", py_gost34311, METH_VARARGS, "gost34311(data, sbox) -> 32 bytes"},
    {"ecb_encrypt", py_ecb_encrypt, METH_VARARGS, "ecb_encrypt(key, sbox, iv, data); the start value is not used"},
    {"ecb_decrypt", py_ecb_decrypt, METH_VARARGS, "ecb_decrypt(key, sbox, iv, data); the start value is not used"},
    {"cfb_encrypt", py_cfb_encrypt, METH_VARARGS, "cfb_encrypt(key, sbox, iv, data)"},
    {"cfb_decrypt", py_cfb_decrypt, METH_VARARGS, "cfb_decrypt(key, sbox, iv, data)"},
    {"multiply", py_multiply, METH_VARARGS, "multiply(m, k1, k2, k3, left, right) -> little-endian bytes"},
    {"ladder_x", py_ladder_x, METH_VARARGS, "ladder_x(m, k1, k2, k3, b, x, scalar) -> x of scalar * point"},
    {"combine", py_combine, METH_VARARGS, "combine(m, k1, k2, k3, a, b, s, gx, gy, r, qx, qy) -> (x, y) or None"},
    {NULL, NULL, 0, NULL},
};

static int prepare(PyObject *module)
{
    (void)module;
    build_box(&dke1_box, DKE1);
#ifdef HAS_PCLMUL
    has_pclmul = __builtin_cpu_supports("pclmul") != 0;
#endif
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)prepare}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_native", "GOST hashing and ciphering, points of binary curves.", 0, methods, slots,
    NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
