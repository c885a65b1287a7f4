// Real rows of 2M samples to M + 1 bins and back, through complex transforms of M points (untangle.cuh).
//
//   forward: registers s ← samples 2m, 2m + 1 of m = t + T·s;  transform;  pairs of bins k, M − k of k = t + T·s
//   inverse: pairs of bins → Z;  transform with real and imaginary parts swapped;  samples
//
// Bound: memory. Rows of M + 1 bins start at odd places, so bins move 8 bytes a thread.
//
// Constants: N_FFT (= M) POINTS RADIX_1 RADIX_2 RADIX_3, INVERSE, IN_PLANES (inverse) or OUT_PLANES (forward),
// SAMPLE_… (forward), ROWS (a block), MIN_BLOCKS.

#include "dft.cuh"
#include "stockham.cuh"
#include "samples.cuh"
#include "rows.cuh"
#include "untangle.cuh"
#include "complex_rows.cuh"

using Plan = Stockham<N_FFT, POINTS, RADIX_1, RADIX_2, RADIX_3>;
using Halves = Untangle<Plan>;
constexpr int M = N_FFT, P = POINTS, T = Plan::T, H = P / 2;
using Place = Rows<T, ROWS>;

DEVICE float2 two_samples(const Sample *row, int m) {
#ifdef SAMPLE_F32
    return reinterpret_cast<const float2 *>(row)[m];
#else
    const unsigned both = reinterpret_cast<const unsigned *>(row)[m];
    return make_float2(widen(Sample(both)), widen(Sample(both >> 16)));
#endif
}

#ifndef INVERSE
// Rows start at even samples: 2M of them each. `status`: the smallest row·2M + index of a NaN or infinite sample.
extern "C" __global__ void __launch_bounds__(Place::BLOCK, MIN_BLOCKS)
real_fft(const Sample *samples, float *out_re, float *out_im, const float4 *factors, const float4 *untangle, u64 *status, u64 rows,
         float scale) {
    __shared__ float4 shared[(ROWS * Plan::BUFFER + 1) / 2];
    const Place at;
    const int t = at.t;
    float2 *buffer = reinterpret_cast<float2 *>(shared) + at.local * Plan::BUFFER;
    const u64 wanted = u64(blockIdx.x) * ROWS + at.local, row = wanted < rows ? wanted : rows - 1;
    const Sample *from = samples + row * (2 * M);

    float re[P], im[P];
#pragma unroll
    for (int s = 0; s < P; s++) {
        const float2 v = two_samples(from, t + T * s);
        re[s] = v.x, im[s] = v.y;
    }
    Plan::run(re, im, buffer, factors, t);

    const bool live = wanted < rows;
    const float half = 0.5f * scale;
    const u64 to = row * (M + 1);
    float poison = 0;
    Halves::forward(re, im, buffer, untangle, t, at.base, [&](int s, float2 low, float2 high) {
        if (s == 1) poison = low.x + low.y;
        if (!live) return;
        complex_store<OUT_TWO>(out_re, out_im, to + t + T * s, make_float2(low.x * half, low.y * half));
        complex_store<OUT_TWO>(out_re, out_im, to + M - t - T * s, make_float2(high.x * half, high.y * half));
    });
    if (!live) return;
    if (t == 0) complex_store<OUT_TWO>(out_re, out_im, to + M / 2, make_float2(re[H] * scale, -im[H] * scale));
    if (!finite(poison)) {
        for (int i = t; i < 2 * M; i += T)
            if (!finite(sample(from + i))) {
                atomicMin(status, row * (2 * M) + i);
                break;
            }
    }
}
#else
// What the imaginary parts of the first and the last bin are does not matter. No look for NaN: bins are no samples.
extern "C" __global__ void __launch_bounds__(Place::BLOCK, MIN_BLOCKS)
real_fft(const float *in_re, const float *in_im, float *out, const float4 *factors, const float4 *untangle, u64 rows, float scale) {
    __shared__ float4 shared[(ROWS * Plan::BUFFER + 1) / 2];
    const Place at;
    const int t = at.t;
    float2 *buffer = reinterpret_cast<float2 *>(shared) + at.local * Plan::BUFFER;
    const u64 wanted = u64(blockIdx.x) * ROWS + at.local, row = wanted < rows ? wanted : rows - 1;
    const u64 from = row * (M + 1);

    float2 low[H], high[H], middle = make_float2(0, 0);
#pragma unroll
    for (int s = 0; s < H; s++) {
        low[s] = complex_load<IN_TWO>(in_re, in_im, from + t + T * s);
        high[s] = complex_load<IN_TWO>(in_re, in_im, from + M - t - T * s);
    }
    if (t == 0) {
        middle = complex_load<IN_TWO>(in_re, in_im, from + M / 2);
        low[0].y = high[0].y = 0;
    }
    float re[P], im[P];
    Halves::inverse(re, im, low, high, middle, buffer, untangle, t, at.base);
    Plan::run(im, re, buffer, factors, t);
    if (wanted >= rows) return;
    float2 *to = reinterpret_cast<float2 *>(out) + row * M;
#pragma unroll
    for (int s = 0; s < P; s++) to[t + T * s] = make_float2(re[s] * scale, im[s] * scale);
}
#endif
