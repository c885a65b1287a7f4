// Single ops on values in device memory, for plans without a fused kernel: one element per thread; TOP_K one row per warp;
// GATHER with REMOVE_MEAN one frame per warp.
//
//   GATHER:  samples → frames times their window: point p of N_FFT is sample frame · HOP + OFFSET + p of the signal's LEN if
//            p < WIN (outside the signal mirrored with PAD_REFLECT, else zero), otherwise zero; COMPLEX samples are pairs;
//            REMOVE_MEAN first subtracts the mean of the WIN samples
//   POWER:   re² + im² of the first OUT_BINS of IN_BINS, inner bins doubled if DOUBLED (not DC, not bin NYQUIST)
//   MAGNITUDE: |X| of OUT_BINS
//   MIRROR:  a real signal's IN_BINS = N/2 + 1 bins to all OUT_BINS = N: bin k > N/2 is the conjugate of bin N − k
//   AVERAGE: over FRAMES neighbouring rows of OUT_BINS: AVERAGE_MEAN | AVERAGE_MAX | AVERAGE_MIN
//   AFFINE:  x · FACTOR + SHIFT
//   LOG:     FACTOR · log10(max(x + ADD, FLOOR))
//   MASK:    x if kept[bin] is 1, else 0; a pair counts as two bins
//   TOP_K:   the K largest of a row of OUT_BINS as (bin, value), by descending value; the lower of equal bins is first
//
// Complex values are pairs, or (IN_PLANES = 2) a plane of real and a plane of imaginary parts. Bounded by memory.
//
// Constants: one of the names above with its own; FRAMES per row.

#include "dft.cuh"
#include "magnitude.cuh"
#ifdef GATHER
#include "samples.cuh"
#endif

constexpr int BLOCK = 256;

DEVICE u64 element() { return u64(blockIdx.x) * BLOCK + threadIdx.x; }

#ifdef GATHER
#ifdef COMPLEX
typedef float2 Value;
DEVICE Value at_place(const Sample *samples, u64 at) { return reinterpret_cast<const float2 *>(samples)[at]; }
DEVICE Value times(Value v, float w) { return make_float2(v.x * w, v.y * w); }
// Which of the value's floats is not finite, 2 for none.
DEVICE int broken(Value v) { return finite(v.x) ? finite(v.y) ? 2 : 1 : 0; }
constexpr int WIDTH = 2;
#else
typedef float Value;
DEVICE Value at_place(const Sample *samples, u64 at) { return sample(samples + at); }
DEVICE Value times(Value v, float w) { return v * w; }
DEVICE int broken(Value v) { return finite(v) ? 2 : 0; }
constexpr int WIDTH = 1;
#endif
// Sample p of frame `index` of all; zero where the padding is zeros. `at`: its place in all rows, or −1.
DEVICE Value taken(const Sample *samples, u64 index, int p, u64 len, long long &at) {
    at = (long long)(index % FRAMES) * HOP + OFFSET + p;
#ifdef PAD_REFLECT
    at = at < 0 ? -at : at >= (long long)len ? 2 * (long long)len - 2 - at : at;
#endif
    const bool there = at >= 0 && at < (long long)len;
    at = there ? (long long)(index / FRAMES * len) + at : -1;
    return there ? at_place(samples, at) : Value{};
}

// `status`: the smallest row·LEN·WIDTH + index of a float that is NaN or infinite.
DEVICE void look(Value v, long long at, u64 *status) {
    const int part = at < 0 ? 2 : broken(v);
    if (part < 2) atomicMin(status, u64(at) * WIDTH + part);
}

#ifdef REMOVE_MEAN
DEVICE float warp_sum(float v) {
#pragma unroll
    for (int d = 1; d < 32; d *= 2) v += __shfl_xor_sync(~0u, v, d);
    return v;
}
#ifdef COMPLEX
DEVICE Value warp_sum(Value v) { return make_float2(warp_sum(v.x), warp_sum(v.y)); }
DEVICE Value plus(Value a, Value b) { return make_float2(a.x + b.x, a.y + b.y); }
#else
DEVICE Value plus(Value a, Value b) { return a + b; }
#endif

extern "C" __global__ void __launch_bounds__(BLOCK)
op(const Sample *samples, const float *window, Value *out, u64 *status, u64 rows, u64 len) {
    const u64 index = u64(blockIdx.x) * (BLOCK / 32) + threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    if (index >= rows * FRAMES) return;
    long long at;
    Value less = {};
    // Twice: the second mean is of small numbers, so an offset costs nothing.
    for (int round = 0; round < 2; round++) {
        Value sum = {};
        for (int p = lane; p < WIN; p += 32) sum = plus(sum, plus(taken(samples, index, p, len, at), less));
        less = plus(less, times(warp_sum(sum), -1.0f / WIN));
    }
    for (int p = lane; p < N_FFT; p += 32) {
        Value v = {};
        if (p < WIN) {
            v = taken(samples, index, p, len, at);
            look(v, at, status);
            v = times(plus(v, less), __ldg(window + p));
        }
        out[index * N_FFT + p] = v;
    }
}
#else
extern "C" __global__ void __launch_bounds__(BLOCK)
op(const Sample *samples, const float *window, Value *out, u64 *status, u64 rows, u64 len) {
    const u64 i = element();
    if (i >= rows * FRAMES * N_FFT) return;
    const int p = int(i % N_FFT);
    Value v = {};
    if (p < WIN) {
        long long at;
        v = taken(samples, i / N_FFT, p, len, at);
        look(v, at, status);
        v = times(v, __ldg(window + p));
    }
    out[i] = v;
}
#endif
#endif

#if defined(POWER) || defined(MAGNITUDE) || defined(MIRROR)
DEVICE float2 complex_at(const float *re, const float *im, u64 at) {
    if constexpr (IN_PLANES == 2) return make_float2(re[at], im[at]);
    else return reinterpret_cast<const float2 *>(re)[at];
}
#endif

#ifdef POWER
extern "C" __global__ void __launch_bounds__(BLOCK) op(const float *re, const float *im, float *out, u64 rows) {
    const u64 i = element();
    if (i >= rows * FRAMES * OUT_BINS) return;
    const int k = int(i % OUT_BINS);
    const float2 z = complex_at(re, im, i / OUT_BINS * IN_BINS + k);
    const float p = z.x * z.x + z.y * z.y;
#ifdef DOUBLED
    out[i] = k == 0 || k == NYQUIST ? p : 2 * p;
#else
    out[i] = p;
#endif
}
#endif

#ifdef MAGNITUDE
extern "C" __global__ void __launch_bounds__(BLOCK) op(const float *re, const float *im, float *out, u64 rows) {
    const u64 i = element();
    if (i < rows * FRAMES * OUT_BINS) out[i] = magnitude(complex_at(re, im, i));
}
#endif

#ifdef MIRROR
extern "C" __global__ void __launch_bounds__(BLOCK) op(const float *re, const float *im, float *out_re, float *out_im, u64 rows) {
    const u64 i = element();
    if (i >= rows * FRAMES * OUT_BINS) return;
    const int k = int(i % OUT_BINS);
    const bool upper = k >= IN_BINS;
    float2 z = complex_at(re, im, i / OUT_BINS * IN_BINS + (upper ? OUT_BINS - k : k));
    if (upper) z.y = -z.y;
    if constexpr (IN_PLANES == 2) out_re[i] = z.x, out_im[i] = z.y;
    else reinterpret_cast<float2 *>(out_re)[i] = z;
}
#endif

#ifdef AVERAGE
extern "C" __global__ void __launch_bounds__(BLOCK) op(const float *in, float *out, u64 rows) {
    const u64 i = element();
    if (i >= rows * OUT_BINS) return;
    const float *from = in + i / OUT_BINS * FRAMES * OUT_BINS + i % OUT_BINS;
    float v = from[0];
    for (int s = 1; s < FRAMES; s++) {
        const float x = from[u64(s) * OUT_BINS];
        // Not fmaxf and fminf: NaN shall stay.
#if defined(AVERAGE_MAX)
        v = x > v || x != x ? x : v;
#elif defined(AVERAGE_MIN)
        v = x < v || x != x ? x : v;
#else
        v += x;
#endif
    }
#ifdef AVERAGE_MEAN
    v /= FRAMES;
#endif
    out[i] = v;
}
#endif

#if defined(AFFINE) || defined(LOG)
extern "C" __global__ void __launch_bounds__(BLOCK) op(const float *in, float *out, u64 rows) {
    const u64 i = element();
    if (i >= rows * FRAMES * OUT_BINS) return;
#ifdef AFFINE
    out[i] = fmaf(in[i], float(FACTOR), float(SHIFT));
#else
    const float x = in[i] + float(ADD);
    out[i] = float(FACTOR) * log10f(x < float(FLOOR) ? float(FLOOR) : x);
#endif
}
#endif

#ifdef MASK
extern "C" __global__ void __launch_bounds__(BLOCK)
op(const float *in, const float *in_second, float *out, float *out_second, const float *kept, u64 rows) {
    const u64 i = element();
    if (i >= rows * FRAMES * OUT_BINS) return;
    // Not a product: what is left out may be infinite.
    const bool keep = __ldg(kept + i % OUT_BINS) != 0;
    out[i] = keep ? in[i] : 0;
    if constexpr (IN_PLANES == 2) out_second[i] = keep ? in_second[i] : 0;
}
#endif

#ifdef TOP_K
#include "ordered.cuh"

extern "C" __global__ void __launch_bounds__(BLOCK) op(const float *in, float *out, u64 rows) {
    const u64 row = u64(blockIdx.x) * (BLOCK / 32) + threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    if (row >= rows * FRAMES) return;
    const float *values = in + row * OUT_BINS;
    float2 *peaks = reinterpret_cast<float2 *>(out) + row * K;
    u64 before = ~0ull;
    for (int i = 0; i < K; i++) {
        u64 best = 0;
        for (int k = lane; k < OUT_BINS; k += 32) {
            const u64 key = u64(ordered(values[k])) << 32 | u32(~k);
            if (key < before && key > best) best = key;
        }
#pragma unroll
        for (int d = 1; d < 32; d *= 2) {
            const u64 other = __shfl_xor_sync(~0u, best, d);
            best = other > best ? other : best;
        }
        if (lane == 0) peaks[i] = make_float2(float(~u32(best)), number(u32(best >> 32)));
        before = best;
    }
}
#endif
