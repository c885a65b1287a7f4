// Converts between spectra of 2M real samples as M complex points and one-sided spectra, for rows that do not fit in one
// block (formula: untangle.cuh). A thread has one pair of bins k, M − k.
//
//   forward: Z (rows of M, interleaved) → X (rows of M + 1) · scale;  INVERSE: X → 2·Z
//
// Bounded by memory.
//
// Constants: N_FFT (= M), INVERSE, IN_PLANES (inverse) or OUT_PLANES (forward), BLOCK.

#include "dft.cuh"
#include "complex_rows.cuh"

constexpr int M = N_FFT, PAIRS = M / 2 + 1;

extern "C" __global__ void __launch_bounds__(BLOCK)
#ifndef INVERSE
fft_untangle(const float2 *z, float *out_re, float *out_im, const float2 *turns, u64 rows, float scale) {
    constexpr unsigned BLOCKS = (PAIRS + BLOCK - 1) / BLOCK;
    const u64 row = blockIdx.x / BLOCKS;
    const int k = blockIdx.x % BLOCKS * BLOCK + threadIdx.x;
    if (k >= PAIRS) return;
    const float2 a = z[row * M + k], b = z[row * M + (k == 0 ? 0 : M - k)], w = __ldg(turns + k);
    const float er = a.x + b.x, ei = a.y - b.y, dr = a.x - b.x, di = a.y + b.y;
    const float vr = di * w.x + dr * w.y, vi = di * w.y - dr * w.x, half = 0.5f * scale;
    const u64 to = row * (M + 1);
    complex_store<OUT_TWO>(out_re, out_im, to + k, make_float2((er + vr) * half, (ei + vi) * half));
    if (2 * k != M) complex_store<OUT_TWO>(out_re, out_im, to + M - k, make_float2((er - vr) * half, (vi - ei) * half));
}
#else
fft_untangle(const float *in_re, const float *in_im, float2 *z, const float2 *turns, u64 rows) {
    constexpr unsigned BLOCKS = (PAIRS + BLOCK - 1) / BLOCK;
    const u64 row = blockIdx.x / BLOCKS;
    const int k = blockIdx.x % BLOCKS * BLOCK + threadIdx.x;
    if (k >= PAIRS) return;
    const u64 from = row * (M + 1);
    float2 a = complex_load<IN_TWO>(in_re, in_im, from + k), b = complex_load<IN_TWO>(in_re, in_im, from + M - k);
    if (k == 0) a.y = b.y = 0;
    const float2 w = __ldg(turns + k);
    const float er = a.x + b.x, ei = a.y - b.y, dr = a.x - b.x, di = a.y + b.y;
    const float vr = dr * w.x + di * w.y, vi = di * w.x - dr * w.y;
    z[row * M + k] = make_float2(er - vi, ei + vr);
    if (k > 0 && 2 * k != M) z[row * M + M - k] = make_float2(er + vi, vr - ei);
}
#endif
