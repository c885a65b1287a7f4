// Frames of signals to their one-sided spectra, power or magnitudes.
//
//   frames.cuh: frame → registers;  transform of M = n_fft/2 points;  untangle.cuh: pairs of bins k, M − k
//   complex: X · scale;  power: |X|² · scale, inner bins doubled if ONE_SIDED;  magnitude: |X| · scale
//   out[row][frame][bin]
//
// A block has ROWS neighbouring frames of one signal, or (ACROSS, for signals of few frames) of the batch; common
// samples come from the L1 cache. Bounded by the writes.
//
// Constants: N_FFT (= M) POINTS RADIX_1 RADIX_2 RADIX_3, HOP OFFSET (start of frame 0), those of frames.cuh, SAMPLE_…,
// OUT_COMPLEX (OUT_PLANES) | OUT_POWER (ONE_SIDED) | OUT_MAGNITUDE, ROWS, ACROSS, MIN_BLOCKS.

#include "dft.cuh"
#include "magnitude.cuh"
#include "stockham.cuh"
#include "samples.cuh"
#include "rows.cuh"
#include "untangle.cuh"
#include "complex_rows.cuh"
#include "frames.cuh"

using Plan = Stockham<N_FFT, POINTS, RADIX_1, RADIX_2, RADIX_3>;
using Halves = Untangle<Plan>;
constexpr int M = N_FFT, P = POINTS, T = Plan::T, H = P / 2;
using Place = Rows<T, ROWS>;

// `x`: twice the spectrum's value.
DEVICE void put(float *out_re, float *out_im, u64 at, float2 x, float scale, bool inner) {
#if defined(OUT_COMPLEX)
    complex_store<OUT_TWO>(out_re, out_im, at, make_float2(0.5f * scale * x.x, 0.5f * scale * x.y));
#elif defined(OUT_POWER)
#ifdef ONE_SIDED
    const float factor = inner ? 0.5f : 0.25f;
#else
    const float factor = 0.25f;
#endif
    out_re[at] = (x.x * x.x + x.y * x.y) * (factor * scale);
#else
    out_re[at] = 0.5f * scale * magnitude(x);
#endif
}

extern "C" __global__ void __launch_bounds__(Place::BLOCK, MIN_BLOCKS)
spectrogram(const Sample *samples, float *out_re, float *out_im, const float4 *window, const float4 *factors, const float4 *untangle,
            u64 *status, u64 rows, u64 stride, u64 len, u64 frames, float scale) {
    __shared__ float4 shared[(ROWS * Plan::BUFFER + 1) / 2];
    const Place at;
    const int t = at.t;
    float2 *buffer = reinterpret_cast<float2 *>(shared) + at.local * Plan::BUFFER;
#ifdef ACROSS
    // Frames of all signals in one count, which a launch's number of blocks keeps within 64 bits and most often 32.
    const u64 all = rows * frames, wanted = u64(blockIdx.x) * ROWS + at.local, index = wanted < all ? wanted : all - 1;
    const u64 row = all >> 32 ? index / frames : u32(index) / u32(frames), frame = index - row * frames;
    const bool live = wanted < all;
#else
    const u32 blocks = u32((frames + ROWS - 1) / ROWS), in_row = blockIdx.x % blocks;
    const u64 row = blockIdx.x / blocks;
    const u64 wanted = u64(in_row) * ROWS + at.local, frame = wanted < frames ? wanted : frames - 1;
    const bool live = wanted < frames;
#endif
    const Sample *from = samples + row * stride;
    const long long start = (long long)frame * HOP + OFFSET;

    float re[P], im[P];
    Frames<Plan, Place>::load(re, im, from, start, len, window, buffer, at);
    Plan::run(re, im, buffer, factors, t);

    const u64 to = (row * frames + frame) * (M + 1);
    float poison = 0;
    Halves::forward(re, im, buffer, untangle, t, at.base, [&](int s, float2 low, float2 high) {
        if (s == 1) poison = low.x + low.y;
        if (!live) return;
        put(out_re, out_im, to + t + T * s, low, scale, s > 0 || t > 0);
        put(out_re, out_im, to + M - t - T * s, high, scale, s > 0 || t > 0);
    });
    if (!live) return;
    if (t == 0) put(out_re, out_im, to + M / 2, make_float2(2 * re[H], -2 * im[H]), scale, true);
    if (!finite(poison)) Frames<Plan, Place>::locate(from, start, len, row * len, t, status);
}
