// Averaged powers of real samples with more than single precision (limbs.cuh).
//
//   LOAD:   two neighbouring segments of WIN samples, minus their means or lines, times the window, padded with zeros: the real
//           and the imaginary parts of N points; one block per pair of segments
//   PASS:   subsequences of L points, already transformed, to those of L·R:
//             out[m][k] = Σ_j w^(M·j·k) · in[m + M·j][k mod L],  w = exp(−2πi/N), M = N/(L·R); one thread per point
//   POWER:  Σ over GROUP pairs of |Z_k|² + |Z_{N−k}|², which is twice the power of both segments; one thread per bin
//   FINISH: the sum of these over the groups, times the factor (POWER does that if there is one group)
//
// Samples and powers are two floats each. Bounded by arithmetic (about 60 operations per product of complex numbers in floats).
//
// Constants: LOAD | PASS | POWER | FINISH, POINTS (N), PAIRS (of a row); LOAD: WIN HOP SEGMENTS DETREND (1 constant, 2 linear);
// PASS: BEFORE (L) RADIX (R); POWER, FINISH: GROUP GROUPS; NATIVE.

#include "dft.cuh"
#include "samples.cuh"
#include "limbs.cuh"

DEVICE u64 element() { return u64(blockIdx.x) * blockDim.x + threadIdx.x; }

#ifdef LOAD
constexpr int BLOCK = 128;

struct Trend {
    Number mean, slope;
};

DEVICE float distance(int i) { return float(i) - 0.5f * (WIN - 1); }

// The sum over a block's threads.
DEVICE Number total(Number x, Number *parts) {
    __syncthreads();
    parts[threadIdx.x] = x;
    for (int step = BLOCK / 2; step > 0; step /= 2) {
        __syncthreads();
        if (threadIdx.x < step) parts[threadIdx.x] = sum(parts[threadIdx.x], parts[threadIdx.x + step]);
    }
    __syncthreads();
    return parts[0];
}

extern "C" __global__ void __launch_bounds__(BLOCK)
limb_psd(const float2 *samples, Complex *out, const Number *window, u64 *status, u64 rows, u64 len) {
    __shared__ Number parts[BLOCK];
    const u64 row = blockIdx.x / PAIRS;
    const int pair = int(blockIdx.x % PAIRS);
    const float2 *from = samples + row * len;
    Trend trend[2] = {};
#pragma unroll
    for (int side = 0; side < 2; side++) {
        const int segment = 2 * pair + side;
        const float2 *x = from + u64(segment < SEGMENTS ? segment : 0) * HOP;
        Number all = whole(0), moment = whole(0);
        for (int i = threadIdx.x; i < WIN; i += BLOCK) {
            const float2 v = x[i];
            if (!finite(v.x)) atomicMin(status, 2 * (row * len + u64(x - from) + i));
#if DETREND
            all = sum(all, number(v));
            if (DETREND == 2) moment = sum(moment, product(number(v), whole(distance(i))));
#endif
        }
#if DETREND
        // Tables hold 1/WIN and 12/(WIN·(WIN² − 1)) behind the window.
        trend[side].mean = product(total(all, parts), window[WIN]);
        if (DETREND == 2) trend[side].slope = product(total(moment, parts), window[WIN + 1]);
#endif
    }
    for (int p = threadIdx.x; p < POINTS; p += BLOCK) {
        Number value[2];
#pragma unroll
        for (int side = 0; side < 2; side++) {
            const int segment = 2 * pair + side;
            value[side] = whole(0);
            if (p >= WIN || segment >= SEGMENTS) continue;
            Number x = number(from[u64(segment) * HOP + p]);
#if DETREND
            x = difference(x, trend[side].mean);
            if (DETREND == 2) x = difference(x, product(trend[side].slope, whole(distance(p))));
#endif
            value[side] = product(x, window[p]);
        }
        out[u64(blockIdx.x) * POINTS + p] = {value[0], value[1]};
    }
}
#endif

#ifdef PASS
extern "C" __global__ void __launch_bounds__(256) limb_psd(const Complex *in, Complex *out, const Complex *roots, u64 rows) {
    const u64 i = element();
    if (i >= rows * PAIRS * POINTS) return;
    constexpr u32 M = POINTS / (BEFORE * RADIX);
    const u32 p = u32(i % POINTS), k = p % (BEFORE * RADIX), m = p / (BEFORE * RADIX), l = k % BEFORE;
    const Complex *from = in + (i - p) + m * BEFORE + l;
    Complex value = from[0];
#pragma unroll 1
    for (u32 j = 1; j < RADIX; j++) value = sum(value, product(from[u64(j) * M * BEFORE], roots[j * k % (BEFORE * RADIX) * M]));
    out[i] = value;
}
#endif

#if defined(POWER) || defined(FINISH)
constexpr int BINS = POINTS / 2 + 1;

DEVICE float2 scaled(Number x, const Number *factor, int bin) {
    x = product(x, factor[0]);
    return limbs(bin == 0 || 2 * bin == POINTS ? x : sum(x, x));
}
#endif

#ifdef POWER
extern "C" __global__ void __launch_bounds__(256) limb_psd(const Complex *in, void *out, const Number *factor, u64 rows) {
    const u64 i = element();
    if (i >= rows * GROUPS * BINS) return;
    const int bin = int(i % BINS), group = int(i / BINS % GROUPS);
    const u64 row = i / (u64(BINS) * GROUPS);
    const int first = group * GROUP, last = PAIRS < first + GROUP ? PAIRS : first + GROUP;
    Number all = whole(0);
#pragma unroll 1
    for (int pair = first; pair < last; pair++) {
        const Complex *z = in + (row * PAIRS + pair) * POINTS;
        all = sum(all, sum(power(z[bin]), power(z[bin == 0 ? 0 : POINTS - bin])));
    }
    if (GROUPS == 1) reinterpret_cast<float2 *>(out)[i] = scaled(all, factor, bin);
    else reinterpret_cast<Number *>(out)[i] = all;
}
#endif

#ifdef FINISH
extern "C" __global__ void __launch_bounds__(256) limb_psd(const Number *in, float2 *out, const Number *factor, u64 rows) {
    const u64 i = element();
    if (i >= rows * BINS) return;
    const int bin = int(i % BINS);
    const Number *from = in + i / BINS * (u64(GROUPS) * BINS) + bin;
    Number all = whole(0);
#pragma unroll 1
    for (int group = 0; group < GROUPS; group++) all = sum(all, from[u64(group) * BINS]);
    out[i] = scaled(all, factor, bin);
}
#endif
