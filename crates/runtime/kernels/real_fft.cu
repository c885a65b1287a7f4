// Real rows of 2M samples to M + 1 bins and back, through complex transforms of M points (untangle.cuh).
//
//   forward: registers s ← samples 2m, 2m + 1 of m = t + T·s;  transform;  pairs of bins k, M − k of k = t + T·s
//            → shared memory, the block's rows with the layout of memory → memory (spans.cuh)
//   inverse: pairs of bins → Z;  transform with real and imaginary parts swapped;  samples
//
// Bounded by memory. Rows of M + 1 bins start at odd offsets: if each thread stored its own bins, every access of a warp
// would start and end inside a sector. Loads of that kind find the rest in the cache.
//
// Constants: N_FFT (= M) POINTS RADIX_1 RADIX_2 RADIX_3, INVERSE, IN_PLANES (inverse) or OUT_PLANES (forward),
// SAMPLE_… (forward), ROWS (per block), MIN_BLOCKS.

#include "dft.cuh"
#include "stockham.cuh"
#include "samples.cuh"
#include "rows.cuh"
#include "untangle.cuh"
#include "complex_rows.cuh"
#include "spans.cuh"

using Plan = Stockham<N_FFT, POINTS, RADIX_1, RADIX_2, RADIX_3>;
using Halves = Untangle<Plan>;
constexpr int M = N_FFT, P = POINTS, T = Plan::T, H = P / 2;
using Place = Rows<T, ROWS>;

// The block's rows of bins in shared memory: pairs, or two planes PLANE floats apart, each with up to three floats before.
template <bool PLANES> struct Bins {
    static constexpr int COUNT = ROWS * (M + 1), PLANE = (COUNT + 6) / 4 * 4, FLOATS = PLANES ? 2 * PLANE : 2 * COUNT + 3;
    float *re, *im;

    // Those from bin `first` of `memory_re`, `memory_im` on.
    DEVICE Bins(float4 *shared, const float *memory_re, const float *memory_im, u64 first) {
        re = reinterpret_cast<float *>(shared);
        if constexpr (PLANES) im = re + PLANE + skew(memory_im + first), re += skew(memory_re + first);
        else im = nullptr, re += skew(memory_re + 2 * first);
    }

    DEVICE void put(int i, float2 v) const { complex_store<PLANES>(re, im, i, v); }
    DEVICE void store(float *memory_re, float *memory_im, u64 first, int count) const {
        constexpr int MOST = PLANES ? COUNT : 2 * COUNT;
        span_written();
        __syncthreads();
        if constexpr (PLANES) {
            store_span<Place::BLOCK, MOST>(memory_re + first, re, count), store_span<Place::BLOCK, MOST>(memory_im + first, im, count);
        } else {
            store_span<Place::BLOCK, MOST>(memory_re + 2 * first, re, 2 * count);
        }
        spans_read();
    }
};

constexpr int EXCHANGED = 2 * ROWS * Plan::BUFFER;

DEVICE float2 two_samples(const Sample *row, int m) {
#ifdef SAMPLE_F32
    return reinterpret_cast<const float2 *>(row)[m];
#else
    const unsigned both = reinterpret_cast<const unsigned *>(row)[m];
    return make_float2(widen(Sample(both)), widen(Sample(both >> 16)));
#endif
}

#ifndef INVERSE
using Staged = Bins<OUT_TWO>;
constexpr int FLOATS = Staged::FLOATS > EXCHANGED ? Staged::FLOATS : EXCHANGED;

// Rows start at even samples: 2M of them each. `status`: the smallest row·2M + index of a NaN or infinite sample.
extern "C" __global__ void __launch_bounds__(Place::BLOCK, MIN_BLOCKS)
real_fft(const Sample *samples, float *out_re, float *out_im, const float4 *factors, const float4 *untangle, u64 *status, u64 rows,
         float scale) {
    __shared__ float4 shared[(FLOATS + 3) / 4];
    const Place at;
    const int t = at.t;
    float2 *buffer = reinterpret_cast<float2 *>(shared) + at.local * Plan::BUFFER;
    const u64 first = u64(blockIdx.x) * ROWS, wanted = first + at.local, row = wanted < rows ? wanted : rows - 1;
    const int here = rows - first < ROWS ? int(rows - first) : ROWS;
    const Sample *from = samples + row * (2 * M);

    float re[P], im[P];
#pragma unroll
    for (int s = 0; s < P; s++) {
        const float2 v = two_samples(from, t + T * s);
        re[s] = v.x, im[s] = v.y;
    }
    Plan::run(re, im, buffer, factors, t);

    const Staged bins(shared, out_re, out_im, first * (M + 1));
    const int mine = at.local * (M + 1);
    const float half = 0.5f * scale;
    float poison = 0, br[H], bi[H];
    Halves::partners(re, im, br, bi, buffer, t, at.base);
    __syncthreads();
    Halves::pairs(re, im, br, bi, untangle, t, [&](int s, float2 low, float2 high) {
        if (s == 1) poison = low.x + low.y;
        bins.put(mine + t + T * s, make_float2(low.x * half, low.y * half));
        bins.put(mine + M - t - T * s, make_float2(high.x * half, high.y * half));
    });
    if (t == 0) bins.put(mine + M / 2, make_float2(re[H] * scale, -im[H] * scale));
    bins.store(out_re, out_im, first * (M + 1), here * (M + 1));
    if (wanted < rows && !finite(poison)) {
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
    __shared__ float4 shared[(EXCHANGED + 3) / 4];
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
