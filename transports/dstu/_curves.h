/* Binary fields and points of curves over them. A part of _native.c, which includes it.

   What is secret: the scalar of ladder() and the factors of multiply(). Both work without branches on, or look-ups by,
   secret values. Everything else is for public numbers. */

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

/* x of scalar * base into x. Every scalar of one length takes the same steps; its highest bit is set. */
static void ladder(const Curve *c, const uint64_t *base, const uint8_t *scalar, Py_ssize_t size, uint64_t *x)
{
    const Field *f = &c->field;
    Element start, x1, z1, x2, z2;
    Py_ssize_t bit = size * 8 - 1;
    uint64_t held = 0;
    while (bit > 0 && !bit_of(scalar, size, bit))
        bit--; /* the length is public */
    memcpy(start, base, sizeof start);
    memcpy(x1, base, sizeof x1);
    memset(z1, 0, sizeof z1);
    z1[0] = 1;
    square(f, z2, base);
    square(f, x2, z2);
    add(x2, x2, c->b);
    while (bit-- > 0) {
        uint64_t wanted = (uint64_t)bit_of(scalar, size, bit);
        swap_if(held ^ wanted, x1, x2);
        swap_if(held ^ wanted, z1, z2);
        held = wanted;
        rung(c, start, x1, z1, x2, z2);
    }
    swap_if(held, x1, x2);
    swap_if(held, z1, z2);
    invert(f, z1, z1);
    multiply(f, x, x1, z1);
}

/* s*P + r*Q for points[0] and points[1]; the third is room for their sum. For public numbers only. */
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
