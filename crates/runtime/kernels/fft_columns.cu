// One of the two passes of a transform of N = N1·N2 points that does not fit in one block (four-step method).
//
//   n = N2·n1 + n2, k = k1 + N1·k2
//   FIRST:  y[n2][k1] = w_N^(n2·k1) · Σ_n1 w_N1^(n1·k1) · x[n1][n2]        down the columns of [N1][N2], out transposed
//   SECOND: X[k2][k1] = Σ_n2 w_N2^(n2·k2) · y[n2][k1]                      down the columns of [N2][N1]
//
// Both read and write lines of COLUMNS values; the first transposes through the buffer. `y` has interleaved values and the
// size of x. For the inverse, real and imaginary parts are swapped from the first load to the last store. Bounded by memory:
// twice the traffic of a transform in one kernel.
//
// Constants: N_FFT (length of a column) POINTS RADIX_1 RADIX_2 RADIX_3, WIDTH (number of columns), COLUMNS (per block), FIRST or
// SECOND, INVERSE, IN_PLANES (FIRST), OUT_PLANES (SECOND), MIN_BLOCKS.

#include "dft.cuh"
#include "stockham.cuh"
#include "samples.cuh"
#include "columns.cuh"
#include "complex_rows.cuh"

using Plan = Columns<N_FFT, POINTS, RADIX_1, RADIX_2, RADIX_3, COLUMNS>;
constexpr int N = N_FFT, P = POINTS, T = Plan::T, C = COLUMNS, W = WIDTH;

DEVICE float2 swapped(float2 v) {
#ifdef INVERSE
    return make_float2(v.y, v.x);
#else
    return v;
#endif
}

#ifdef FIRST
// `status`: the smallest row·2·N1·N2 + index of a value (real parts at even indices) that is NaN or infinite.
extern "C" __global__ void __launch_bounds__(Plan::BLOCK, MIN_BLOCKS)
fft_columns(const float *in_re, const float *in_im, float2 *out, const float4 *factors, const float2 *turns, u64 *status, u64 rows) {
    __shared__ float2 buffer[Plan::BUFFER];
    const int c = threadIdx.x % C, t = threadIdx.x / C;
    const u64 row = blockIdx.x / (W / C), base = row * (u64(N) * W);
    const int first = blockIdx.x % (W / C) * C, column = first + c;

    float re[P], im[P], poison = 0;
#pragma unroll
    for (int s = 0; s < P; s++) {
        const float2 v = swapped(complex_load<IN_TWO>(in_re, in_im, base + u64(t + T * s) * W + column));
        re[s] = v.x, im[s] = v.y;
    }
    Plan::run(re, im, buffer, factors, c, t);
    poison = re[1] + im[1];
    if (!finite(poison)) {
        for (int i = t; i < N; i += T) {
            const float2 v = complex_load<IN_TWO>(in_re, in_im, base + u64(i) * W + column);
            if (!finite(v.x) || !finite(v.y)) atomicMin(status, 2 * (base + u64(i) * W + column) + finite(v.x));
        }
    }
    __syncthreads();
#pragma unroll
    for (int s = 0; s < P; s++) {
        const int k = t + T * s;
        const float2 w = __ldg(turns + k * W + column);
        buffer[k * Plan::PITCH + c] = make_float2(re[s] * w.x - im[s] * w.y, re[s] * w.y + im[s] * w.x);
    }
    __syncthreads();
#pragma unroll
    for (int s = 0; s < P; s++) {
        const int i = threadIdx.x + Plan::BLOCK * s, k = i % N, to = i / N;
        out[base + u64(first + to) * N + k] = buffer[k * Plan::PITCH + to];
    }
}
#else
extern "C" __global__ void __launch_bounds__(Plan::BLOCK, MIN_BLOCKS)
fft_columns(const float2 *in, float *out_re, float *out_im, const float4 *factors, u64 rows, float scale) {
    __shared__ float2 buffer[Plan::BUFFER];
    const int c = threadIdx.x % C, t = threadIdx.x / C;
    const u64 row = blockIdx.x / (W / C), base = row * (u64(N) * W);
    const int column = blockIdx.x % (W / C) * C + c;

    float re[P], im[P];
#pragma unroll
    for (int s = 0; s < P; s++) {
        const float2 v = in[base + u64(t + T * s) * W + column];
        re[s] = v.x, im[s] = v.y;
    }
    Plan::run(re, im, buffer, factors, c, t);
#pragma unroll
    for (int s = 0; s < P; s++)
        complex_store<OUT_TWO>(out_re, out_im, base + u64(t + T * s) * W + column,
                               swapped(make_float2(re[s] * scale, im[s] * scale)));
}
#endif
