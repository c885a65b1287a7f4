// Numbers with more than single precision: sums of two floats (Dekker, Knuth), or doubles (NATIVE).
//
// Every operation on floats names its rounding, so that the compiler neither contracts nor reorders it.

#ifdef NATIVE
typedef double Number;

DEVICE Number number(float2 limbs) { return double(limbs.x) + double(limbs.y); }
DEVICE float2 limbs(Number x) {
    const float high = float(x);
    return make_float2(high, finite(high) ? float(x - double(high)) : 0.0f);
}
DEVICE Number whole(float x) { return x; }
DEVICE Number sum(Number a, Number b) { return a + b; }
DEVICE Number difference(Number a, Number b) { return a - b; }
DEVICE Number product(Number a, Number b) { return a * b; }
#else
struct alignas(8) Number {
    float high, low;
};

DEVICE Number number(float2 limbs) { return {limbs.x, limbs.y}; }
DEVICE float2 limbs(Number x) { return make_float2(x.high, x.low); }
DEVICE Number whole(float x) { return {x, 0}; }
// |a| ≥ |b|.
DEVICE Number normal(float a, float b) {
    const float s = __fadd_rn(a, b);
    return {s, __fsub_rn(b, __fsub_rn(s, a))};
}
DEVICE Number exact_sum(float a, float b) {
    const float s = __fadd_rn(a, b), t = __fsub_rn(s, a);
    return {s, __fadd_rn(__fsub_rn(a, __fsub_rn(s, t)), __fsub_rn(b, t))};
}
DEVICE Number sum(Number a, Number b) {
    Number s = exact_sum(a.high, b.high);
    const Number t = exact_sum(a.low, b.low);
    s = normal(s.high, __fadd_rn(s.low, t.high));
    return normal(s.high, __fadd_rn(s.low, t.low));
}
DEVICE Number difference(Number a, Number b) { return sum(a, {-b.high, -b.low}); }
DEVICE Number product(Number a, Number b) {
    const float p = __fmul_rn(a.high, b.high);
    float e = __fmaf_rn(a.high, b.high, -p);
    e = __fmaf_rn(a.high, b.low, e);
    e = __fmaf_rn(a.low, b.high, e);
    return normal(p, e);
}
#endif

struct alignas(16) Complex {
    Number re, im;
};

DEVICE Complex sum(Complex a, Complex b) { return {sum(a.re, b.re), sum(a.im, b.im)}; }
DEVICE Complex product(Complex a, Complex b) {
    return {difference(product(a.re, b.re), product(a.im, b.im)), sum(product(a.re, b.im), product(a.im, b.re))};
}
DEVICE Number power(Complex a) { return sum(product(a.re, a.re), product(a.im, a.im)); }
