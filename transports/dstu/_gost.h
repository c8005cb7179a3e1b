/* GOST 28147 (the cipher, ECB and CFB) and GOST 34.311-95 (the hash). A part of _native.c, which includes it.

   The look-up tables are indexed by data, as in every implementation by tables. */

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

/* ---------------------------------------------------------------- modes of the cipher */

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
