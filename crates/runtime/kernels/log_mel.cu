// Signals to the logarithms of mel energies, and the largest of each block.
//
//   a block has FRAMES neighbouring frames of one signal:
//     frames.cuh: frame → registers;  transform of M = n_fft/2 points;  untangle.cuh
//     |X|² or |X| → shared memory [bin][frame], over the transforms' buffers
//     mel[m][frame] = Σ weights[j][m] · power[first[m] + j][frame]: a thread has one filter and up to four frames, read
//     by one load; an odd number of such groups per bin avoids most bank conflicts of a warp's stores
//     logarithm → out, [mel][frame] or [frame][mel]; maximum over the block → maxima[row][block]
//
// Steps that relate values to the maximum or to other frames are in log_mel_finish.cu. Bounded by issue slots.
//
// Constants: N_FFT (= M) POINTS RADIX_1 RADIX_2 RADIX_3, HOP OFFSET, those of frames.cuh, SAMPLE_…, MAGNITUDE, N_MELS,
// FRAMES_BY_MELS, LOG_FACTOR (of log2; absent: energies), LOG_FLOOR, LOG_ADD, LOG_SHIFT (afterwards), MAXIMA, ROWS
// (= FRAMES), MIN_BLOCKS.

#include "dft.cuh"
#include "stockham.cuh"
#include "samples.cuh"
#include "rows.cuh"
#include "untangle.cuh"
#include "frames.cuh"

using Plan = Stockham<N_FFT, POINTS, RADIX_1, RADIX_2, RADIX_3>;
using Halves = Untangle<Plan>;
constexpr int M = N_FFT, P = POINTS, T = Plan::T, H = P / 2, FRAMES = ROWS;
using Place = Rows<T, ROWS>;
// Frames of a thread, and their groups.
constexpr int EACH = FRAMES % 4 == 0 ? 4 : FRAMES % 2 == 0 ? 2 : 1, GROUPS = FRAMES / EACH;
constexpr int PITCH = EACH * (GROUPS % 2 ? GROUPS : GROUPS + 1);
constexpr int FLOATS = 2 * ROWS * Plan::BUFFER > (M + 1) * PITCH ? 2 * ROWS * Plan::BUFFER : (M + 1) * PITCH;

struct alignas(4 * EACH) Group {
    float v[EACH];
};

// `x`: twice the spectrum's value. The weights make good for that.
DEVICE float loudness(float2 x) {
    const float p = x.x * x.x + x.y * x.y;
#ifdef MAGNITUDE
    return sqrtf(p);
#else
    return p;
#endif
}

DEVICE float logarithm(float energy) {
#ifdef LOG_FACTOR
    // Not fmaxf: NaN shall stay.
    energy = energy < float(LOG_FLOOR) ? float(LOG_FLOOR) : energy;
    return fmaf(float(LOG_FACTOR), __log2f(energy + float(LOG_ADD)), float(LOG_SHIFT));
#else
    return energy;
#endif
}

extern "C" __global__ void __launch_bounds__(Place::BLOCK, MIN_BLOCKS)
log_mel(const Sample *samples, float *out, float *maxima, const float4 *window, const float4 *factors, const float4 *untangle,
        const int2 *bands, const float *weights, u64 *status, u64 rows, u64 stride, u64 len, u64 frames) {
    __shared__ float4 shared[(FLOATS + 3) / 4];
    const Place at;
    const int t = at.t;
    float2 *buffer = reinterpret_cast<float2 *>(shared) + at.local * Plan::BUFFER;
    const u32 blocks = u32((frames + FRAMES - 1) / FRAMES);

    float re[P], im[P];
    {
        const u64 row = blockIdx.x / blocks, wanted = u64(blockIdx.x % blocks) * FRAMES + at.local;
        const u64 frame = wanted < frames ? wanted : frames - 1;
        Frames<Plan, Place>::load(re, im, samples + row * stride, (long long)frame * HOP + OFFSET, len, window, buffer, at);
    }
    Plan::run(re, im, buffer, factors, t);
    float low[H], high[H];
    Halves::forward(re, im, buffer, untangle, t, at.base,
                    [&](int s, float2 a, float2 b) { low[s] = loudness(a), high[s] = loudness(b); });
    const float middle = loudness(make_float2(2 * re[H], 2 * im[H]));

    // Where the block is, anew: the transform needs the registers.
    const u32 block = block_again();
    const u64 row = block / blocks, first = u64(block % blocks) * FRAMES, wanted = first + at.local;
    __syncthreads();
    float *power = reinterpret_cast<float *>(shared);
#pragma unroll
    for (int s = 0; s < H; s++) {
        power[(t + T * s) * PITCH + at.local] = low[s];
        power[(M - t - T * s) * PITCH + at.local] = high[s];
    }
    if (t == 0) power[M / 2 * PITCH + at.local] = middle;
    if (!finite(low[1]) && wanted < frames)
        Frames<Plan, Place>::locate(samples + row * stride, (long long)wanted * HOP + OFFSET, len, row * len, t, status);
    __syncthreads();

    float most = __int_as_float(0xff800000);
    const int here = frames - first < FRAMES ? int(frames - first) : FRAMES;
    const bool whole = frames % EACH == 0 && reinterpret_cast<u64>(out) % sizeof(Group) == 0;
#pragma unroll 1
    for (int i = threadIdx.x; i < N_MELS * GROUPS; i += Place::BLOCK) {
#ifdef FRAMES_BY_MELS
        constexpr bool together = false;
        const int mel = i % N_MELS, f = i / N_MELS * EACH;
        const u64 to = (row * frames + first + f) * N_MELS + mel, step = N_MELS;
#else
        constexpr bool together = true;
        const int mel = i / GROUPS, f = i % GROUPS * EACH;
        const u64 to = (row * N_MELS + mel) * frames + first + f, step = 1;
#endif
        const int2 band = __ldg(bands + mel);
        const float *w = weights + mel, *p = power + band.x * PITCH + f;
        Group sum = {};
#pragma unroll 4
        for (int j = 0; j < band.y; j++) {
            const float x = __ldg(w + j * N_MELS);
            const Group y = *reinterpret_cast<const Group *>(p + j * PITCH);
#pragma unroll
            for (int e = 0; e < EACH; e++) sum.v[e] = fmaf(x, y.v[e], sum.v[e]);
        }
#pragma unroll
        for (int e = 0; e < EACH; e++) sum.v[e] = logarithm(sum.v[e]);
        if (together && whole && f + EACH <= here) {
            *reinterpret_cast<Group *>(out + to) = sum;
#pragma unroll
            for (int e = 0; e < EACH; e++) most = fmaxf(most, sum.v[e]);
        } else {
#pragma unroll
            for (int e = 0; e < EACH; e++) {
                if (f + e >= here) break;
                out[to + e * step] = sum.v[e];
                most = fmaxf(most, sum.v[e]);
            }
        }
    }
#ifdef MAXIMA
#pragma unroll
    for (int d = 1; d < 32; d *= 2) most = fmaxf(most, __shfl_xor_sync(~0u, most, d));
    __shared__ float warps[Place::BLOCK / 32];
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = most;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int w = 1; w < Place::BLOCK / 32; w++) most = fmaxf(most, warps[w]);
        maxima[blockIdx.x] = most;
    }
#endif
}
