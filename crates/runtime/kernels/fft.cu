// Complex transforms of rows of N points, each read and written once.
//
//   T = N/P threads per row, P points each (stockham.cuh); 32/T rows per warp, or one row per block where T > 32
//   registers s ← point t + T·s;  transform;  bin t + T·s ← registers s · scale
//   the inverse has real and imaginary parts swapped
//
// Bounded by memory. For N ≥ 256 a warp loads and stores whole 128-byte lines, with P of them in flight per thread.
//
// Constants: N_FFT POINTS RADIX_1 RADIX_2 RADIX_3, INVERSE, IN_PLANES OUT_PLANES, ROWS (per block), MIN_BLOCKS.

#include "dft.cuh"
#include "stockham.cuh"
#include "samples.cuh"
#include "rows.cuh"
#include "complex_rows.cuh"

using Plan = Stockham<N_FFT, POINTS, RADIX_1, RADIX_2, RADIX_3>;
constexpr int N = N_FFT, P = POINTS, T = Plan::T;
using Place = Rows<T, ROWS>;

// Leaves the smallest row·2N + index of a value (real parts at even indices) that is NaN or infinite in `status`.
DEVICE void locate(const float *re, const float *im, u64 row, int t, u64 *status) {
    for (int i = t; i < N; i += T) {
        const float2 v = complex_load<IN_TWO>(re, im, row * N + i);
        if (finite(v.x) && finite(v.y)) continue;
        atomicMin(status, row * 2 * N + 2 * i + finite(v.x));
        break;
    }
}

extern "C" __global__ void __launch_bounds__(Place::BLOCK, MIN_BLOCKS)
fft(const float *in_re, const float *in_im, float *out_re, float *out_im, const float4 *factors, u64 *status, u64 rows,
    float scale) {
    __shared__ float4 shared[(ROWS * Plan::BUFFER + 1) / 2];
    const Place at;
    float2 *buffer = reinterpret_cast<float2 *>(shared) + at.local * Plan::BUFFER;
    const u64 wanted = u64(blockIdx.x) * ROWS + at.local, row = wanted < rows ? wanted : rows - 1;

    float re[P], im[P];
#pragma unroll
    for (int s = 0; s < P; s++) {
        const float2 v = complex_load<IN_TWO>(in_re, in_im, row * N + at.t + T * s);
        re[s] = v.x, im[s] = v.y;
    }
#ifdef INVERSE
    Plan::run(im, re, buffer, factors, at.t);
#else
    Plan::run(re, im, buffer, factors, at.t);
#endif
    if (wanted >= rows) return;
    // A value that is not finite makes every bin so.
    if (!finite(re[1] + im[1])) locate(in_re, in_im, row, at.t, status);
#pragma unroll
    for (int s = 0; s < P; s++)
        complex_store<OUT_TWO>(out_re, out_im, row * N + at.t + T * s, make_float2(re[s] * scale, im[s] * scale));
}
