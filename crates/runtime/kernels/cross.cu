// Averages over frames of products of spectra, for pairs (x, y) of the signals of a row: one bin of a pair per thread.
//
//   WHOLE:  the mean over all frames;  PART: sums of GROUP frames each;  FINISH: the mean from these
//   MEDIAN: medians of the real and of the imaginary parts, apart: the bits of the lower one from the highest down, two at a
//           time, by counting; for an even number of frames also the next larger value
//
//   in[row][signal][frame][bin] (FINISH: in[row][pair][group][bin]) → out[row][pair][bin]: conj(X)·Y · factor, inner bins
//   twice that if DOUBLED; or (COHERENCE) |Σ conj(X)·Y|² / Σ|X|² / Σ|Y|², NaN where a power is zero
//
// The lower signal of a pair is taken first and the result conjugated if that is y, so that matrices are Hermitian to the last
// bit. Sums are in f64: their number is that of the loads. Bounded by memory; MEDIAN reads every value about 34 times.
//
// Constants: one of the names above, CHANNELS PAIRS FRAMES BINS N_FFT GROUP GROUPS, DOUBLED, COHERENCE.

#include "dft.cuh"
#include "ordered.cuh"

constexpr int BLOCK = 256;

struct Sums {
    double re, im, xx, yy;
};

DEVICE u64 element() { return u64(blockIdx.x) * BLOCK + threadIdx.x; }

// Real or imaginary part of conj(x)·y, to the same bits each time.
DEVICE float product_re(float2 x, float2 y) { return __fmaf_rn(x.x, y.x, __fmul_rn(x.y, y.y)); }
DEVICE float product_im(float2 x, float2 y) { return __fmaf_rn(x.x, y.y, -__fmul_rn(x.y, y.x)); }

// The signals of a pair, the lower one first.
struct Pair {
    int low, high;
    bool turned;
    DEVICE Pair(const float2 *pairs, int p) {
        const float2 pair = __ldg(pairs + p);
        turned = pair.x > pair.y;
        low = int(turned ? pair.y : pair.x), high = int(turned ? pair.x : pair.y);
    }
};

DEVICE void finish(float *out, u64 at, int bin, const Pair &pair, Sums sums, double factor) {
#ifdef COHERENCE
    out[at] = float((sums.re * sums.re + sums.im * sums.im) / sums.xx / sums.yy);
#else
#ifdef DOUBLED
    if (bin != 0 && 2 * bin != N_FFT) factor *= 2;
#endif
    const float im = pair.low == pair.high ? 0.0f : float(sums.im * factor);
    reinterpret_cast<float2 *>(out)[at] = make_float2(float(sums.re * factor), pair.turned ? -im : im);
#endif
}

#if defined(WHOLE) || defined(PART)
DEVICE Sums sums_of(const float2 *x, const float2 *y, int frames) {
    Sums sums = {};
#pragma unroll 4
    for (int f = 0; f < frames; f++) {
        const float2 a = __ldg(x + u64(f) * BINS), b = __ldg(y + u64(f) * BINS);
        sums.re += product_re(a, b), sums.im += product_im(a, b);
#ifdef COHERENCE
        sums.xx += product_re(a, a), sums.yy += product_re(b, b);
#endif
    }
    return sums;
}
#endif

#ifdef MEDIAN
template <bool RE> DEVICE float median(const float2 *x, const float2 *y) {
    const auto at = [&](int f) {
        const float2 a = __ldg(x + u64(f) * BINS), b = __ldg(y + u64(f) * BINS);
        return RE ? product_re(a, b) : product_im(a, b);
    };
    bool broken = false;
    u32 wanted = (FRAMES - 1) / 2, below = 0;
#pragma unroll 1
    for (int shift = 30; shift >= 0; shift -= 2) {
        u32 count[3] = {0, 0, 0};
#pragma unroll 4
        for (int f = 0; f < FRAMES; f++) {
            const float v = at(f);
            broken |= v != v;
            const u32 rest = (ordered(v) ^ below) >> shift;
            count[0] += rest == 0, count[1] += rest == 1, count[2] += rest == 2;
        }
        below |= digit_of(count, wanted) << shift;
    }
    u32 above = below;
    if (FRAMES % 2 == 0) {
        u32 next = ~0u, up_to = 0;
#pragma unroll 4
        for (int f = 0; f < FRAMES; f++) {
            const u32 key = ordered(at(f));
            up_to += key <= below;
            if (key > below) next = min(next, key);
        }
        if (up_to <= FRAMES / 2) above = next;
    }
    return broken ? __uint_as_float(0x7fc00000u) : 0.5f * number(below) + 0.5f * number(above);
}
#endif

extern "C" __global__ void __launch_bounds__(BLOCK)
cross(const float *in, float *out, const float2 *pairs, u64 rows, float factor) {
    const u64 i = element();
#ifdef PART
    if (i >= rows * PAIRS * GROUPS * BINS) return;
    const int bin = int(i % BINS), group = int(i / BINS % GROUPS), p = int(i / (u64(BINS) * GROUPS) % PAIRS);
    const u64 row = i / (u64(BINS) * GROUPS * PAIRS);
    const int first = group * GROUP, frames = FRAMES - first < GROUP ? FRAMES - first : GROUP;
#else
    if (i >= rows * PAIRS * BINS) return;
    const int bin = int(i % BINS), p = int(i / BINS % PAIRS), first = 0;
    const u64 row = i / (u64(BINS) * PAIRS);
#endif
    const Pair pair(pairs, p);
#ifdef FINISH
    Sums sums = {};
    const u64 from = (row * PAIRS + p) * GROUPS * BINS + bin;
#pragma unroll 4
    for (int g = 0; g < GROUPS; g++) {
#ifdef COHERENCE
        const float4 v = __ldg(reinterpret_cast<const float4 *>(in) + from + u64(g) * BINS);
        sums.xx += v.z, sums.yy += v.w;
#else
        const float2 v = __ldg(reinterpret_cast<const float2 *>(in) + from + u64(g) * BINS);
#endif
        sums.re += v.x, sums.im += v.y;
    }
    finish(out, i, bin, pair, sums, double(factor) / FRAMES);
#else
    const float2 *x = reinterpret_cast<const float2 *>(in) + ((row * CHANNELS + pair.low) * FRAMES + first) * BINS + bin;
    const float2 *y = reinterpret_cast<const float2 *>(in) + ((row * CHANNELS + pair.high) * FRAMES + first) * BINS + bin;
#if defined(WHOLE)
    finish(out, i, bin, pair, sums_of(x, y, FRAMES), double(factor) / FRAMES);
#elif defined(PART)
    const Sums sums = sums_of(x, y, frames);
#ifdef COHERENCE
    reinterpret_cast<float4 *>(out)[i] = make_float4(float(sums.re), float(sums.im), float(sums.xx), float(sums.yy));
#else
    reinterpret_cast<float2 *>(out)[i] = make_float2(float(sums.re), float(sums.im));
#endif
#else
    const Sums sums = {double(median<true>(x, y)), double(median<false>(x, y)), 0, 0};
    finish(out, i, bin, pair, sums, double(factor));
#endif
#endif
}
