/* GOST 34.311-95, GOST 28147 and arithmetic on binary curves, for Python's stable interface.

   Why: the hash alone costs pure Python some 6 ms for a document of 5 KB, which would be the whole time of a
   signature fifteen times over. Every function here has a twin in Python of the same meaning (gost28147.py,
   gost34311.py, field.py, points.py) that serves where no compiler was there at installation; the tests hold them
   against each other. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "_curves.h"
#include "_gost.h"

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
    Element base;
    uint8_t bytes[WORDS * 8];
    (void)self;
    if (!PyArg_ParseTuple(args, "iiiiy*y*y*", &m, &k1, &k2, &k3, &b, &x, &scalar))
        return NULL;
    ok = !set_field(&c.field, m, k1, k2, k3) && !element_from(&b, &c.field, c.b) && !element_from(&x, &c.field, base);
    if (ok) {
        ladder(&c, base, scalar.buf, scalar.len, base);
        element_to(&c.field, base, bytes);
    }
    PyBuffer_Release(&b);
    PyBuffer_Release(&x);
    PyBuffer_Release(&scalar);
    return ok ? PyBytes_FromStringAndSize((const char *)bytes, c.field.words * 8) : NULL;
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
