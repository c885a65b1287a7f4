// Samples in their stored type to f32. SAMPLE_F32, SAMPLE_I16 (its integer value) or SAMPLE_F16 is defined.

#if defined(SAMPLE_I16)
typedef short Sample;
DEVICE float widen(Sample x) { return float(x); }
#elif defined(SAMPLE_F16)
typedef unsigned short Sample;
DEVICE float widen(Sample x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x));
    return y;
}
#else
typedef float Sample;
DEVICE float widen(Sample x) { return x; }
#endif

DEVICE float sample(const Sample *p) { return widen(__ldg(p)); }

DEVICE bool finite(float x) { return (__float_as_uint(x) & 0x7f800000u) != 0x7f800000u; }
