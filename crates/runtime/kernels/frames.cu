// Spectrograms and (log-)mel energies of framed signals.
//
//   a block takes TILE consecutive frames of one item, FRAMES at a time, T threads a frame:
//     stage: the samples of those frames once into shared memory: padded at the ends, pre-emphasised (signal)
//     each frame: mean off, pre-emphasis (frame), window; real transform of N points as a complex one of N/2 (fft.cu)
//     power: |X_k|² (or |X_k|) to shared memory, [frame][bin], odd stride
//     MEL: the sum over each filter's band, FRAMES lanes side by side (weights broadcast); then the logarithm
//     tile: [value][frame] in shared memory, written along whichever axis is contiguous
//   MAXIMUM: the largest value of an item (or batch) is kept by an atomic on order-preserving bits; `finish` and
//   `standardise` are the second pass that it or a deviation needs
//
// Bounds: issue slots of the transform; device memory in `finish`.
//
// Constants: N_FFT (N/2) POINTS RADIX_1 … 3, HOP WIN LEAD FRAMES ROUNDS VALUES (bins or filters), OFFSET (of frame 0),
// PAD_ZERO | PAD_REFLECT | PAD_MIRROR, MEAN_OFF, EMPHASIS_FRAME | EMPHASIS_SIGNAL, MAGNITUDE, MEL, LOGARITHM, FRAMES_FIRST,
// MAXIMUM_ITEM | MAXIMUM_BATCH, DOUBLED, SAMPLE_*. VALUES · count stays below 2³².

#include "dft.cuh"
#include "stockham.cuh"
#include "samples.cuh"

constexpr int M = N_FFT, N = 2 * M, P = POINTS;
using Plan = Stockham<M, P, RADIX_1, RADIX_2, RADIX_3>;
constexpr int T = Plan::T, BLOCK = T * FRAMES, TILE = FRAMES * ROUNDS, BINS = M + 1;
constexpr int QUAD = FRAMES % 4 == 0 ? 4 : 1;
constexpr int SPAN = (FRAMES - 1) * HOP + N, BIN_STRIDE = BINS | 1, TILE_STRIDE = TILE | 1;
#if defined(MEAN_OFF) || defined(EMPHASIS_FRAME)
constexpr bool PLAIN = false;
#else
constexpr bool PLAIN = WIN == N && HOP % 2 == 0;
#endif
static_assert(BLOCK % 32 == 0, "whole warps");
static_assert(FRAMES * BIN_STRIDE <= 2 * FRAMES * Plan::BUFFER, "powers take the place of the transforms");

// Bits that order as the floats do, as unsigned integers above 0.
DEVICE u32 ordered(float x) {
    const u32 b = __float_as_uint(x);
    return b >> 31 ? ~b : b | 0x80000000u;
}

#ifdef MAGNITUDE
DEVICE float size(float power) { return sqrtf(power); }
#else
DEVICE float size(float power) { return power; }
#endif

// Sample `i` of an item, which may lie outside of it.
DEVICE float padded(const Sample *item, long long i, long long len) {
#if defined(PAD_REFLECT) || defined(PAD_MIRROR)
#ifdef PAD_REFLECT
    constexpr int edge = 0;
#else
    constexpr int edge = 1;
#endif
    if (len == 1) i = 0;
    while (i < 0 || i >= len) i = i < 0 ? -i - edge : 2 * len - 2 + edge - i;
#else
    if (i < 0 || i >= len) return 0;
#endif
    float x = sample(item + i);
#ifdef EMPHASIS_SIGNAL
    if (i > 0) x -= float(EMPHASIS_SIGNAL) * sample(item + i - 1);
#endif
    return x;
}

// Leaves the first NaN or infinite sample of this thread's share of a span.
__device__ __noinline__ void report(const Sample *signal, u64 item, long long origin, u64 len, u64 *status) {
    // With pre-emphasis a span also saw the sample before it.
    for (long long i = origin - 1 + threadIdx.x; i < origin + SPAN; i += BLOCK)
        if (i >= 0 && i < (long long)len && !finite(sample(signal + i))) {
            atomicMin(status, item * len + i);
            break;
        }
}

extern "C" __global__ void __launch_bounds__(BLOCK, MIN_BLOCKS)
frames(const Sample *samples, float *out, const float4 *window, const float4 *factors, const float4 *halves,
       const float4 *bands, const float *weights, u64 *status, u32 *maxima, u64 len, u64 stride, u32 count, u32 tiles,
       float floor, float offset, float factor) {
    extern __shared__ float4 shared[];
    float2 *buffers = reinterpret_cast<float2 *>(shared);
    float *powers = reinterpret_cast<float *>(shared);
    float *stage = powers + 2 * FRAMES * Plan::BUFFER;
    float *tile = stage + SPAN, *means = tile + VALUES * TILE_STRIDE;
    const int t = threadIdx.x % T, frame = threadIdx.x / T;
    float2 *buffer = buffers + frame * Plan::BUFFER;
    const u64 item = blockIdx.x / tiles;
    const u32 first = (blockIdx.x % tiles) * TILE;
    const Sample *signal = samples + item * stride;
    float largest = __int_as_float(0xff800000);

#pragma unroll 1
    for (int round = 0; round < ROUNDS; round++) {
        const u32 start = first + round * FRAMES;
        if (start >= count) break;
        const long long origin = (long long)start * HOP + (OFFSET);
        const bool inside = origin > 0 && origin + SPAN <= (long long)len;
        float poison = 0;
        if (inside) {
            const u64 at = opaque(item * stride + origin + threadIdx.x);
#pragma unroll
            for (int j = 0; j < (SPAN + BLOCK - 1) / BLOCK; j++) {
                const int i = threadIdx.x + j * BLOCK;
                if ((j + 1) * BLOCK <= SPAN || i < SPAN) {
                    float x = sample(samples + at + j * BLOCK);
#ifdef EMPHASIS_SIGNAL
                    x -= float(EMPHASIS_SIGNAL) * sample(samples + at + j * BLOCK - 1);
#endif
                    poison += x * 0.0f;
                    stage[i] = x;
                }
            }
        } else {
#pragma unroll 1
            for (int i = threadIdx.x; i < SPAN; i += BLOCK) {
                const float x = padded(signal, origin + i, len);
                poison += x * 0.0f;
                stage[i] = x;
            }
        }
        if (poison != 0) report(signal, item, origin, len, status);
        __syncthreads();
        const float *mine = stage + frame * HOP;
#ifdef MEAN_OFF
        for (int f = threadIdx.x / 32; f < FRAMES; f += BLOCK / 32) {
            float mean = 0;
            for (int pass = 0; pass < 2; pass++) {
                float sum = 0;
                for (int i = threadIdx.x % 32; i < WIN; i += 32) sum += stage[f * HOP + LEAD + i] - mean;
                for (int d = 1; d < 32; d *= 2) sum += __shfl_xor_sync(~0u, sum, d);
                if (pass == 0) mean = sum * (1.0f / WIN);
                else if (threadIdx.x % 32 == 0) means[2 * f] = mean, means[2 * f + 1] = sum * (1.0f / WIN);
            }
        }
        __syncthreads();
#endif
        const auto prepared = [&](int i) {
            if (i < LEAD || i >= LEAD + WIN) return 0.0f;
            float x = mine[i];
#ifdef MEAN_OFF
            const float mean = means[2 * frame], rest = means[2 * frame + 1];
            x = (x - mean) - rest;
#endif
#ifdef EMPHASIS_FRAME
            float before = mine[i > LEAD ? i - 1 : LEAD];
#ifdef MEAN_OFF
            before = (before - mean) - rest;
#endif
            x -= float(EMPHASIS_FRAME) * before;
#endif
            return x;
        };
        float re[P], im[P];
#pragma unroll
        for (int s = 0; s < P; s++) {
            const int m = t + T * s;
            const float4 w = window[s / 2 * T + t];
            float2 x;
            if constexpr (PLAIN) x = reinterpret_cast<const float2 *>(mine)[m];
            else x = make_float2(prepared(2 * m), prepared(2 * m + 1));
            re[s] = x.x * (s % 2 ? w.z : w.x), im[s] = x.y * (s % 2 ? w.w : w.y);
        }
        Plan::run(re, im, buffer, factors, t);
        Plan::sync();
#pragma unroll
        for (int s = P / 2; s < P; s++) buffer[t + T * s] = make_float2(re[s], im[s]);
        Plan::sync();
        float below[P / 2], above[P / 2];
#pragma unroll
        for (int s = 0; s < P / 2; s++) {
            const int k = t + T * s;
            const float4 two = halves[s / 2 * T + t];
            const float wr = s % 2 ? two.z : two.x, wi = s % 2 ? two.w : two.y;
            const float2 z = k == 0 ? make_float2(re[0], im[0]) : buffer[M - k];
            const float er = 0.5f * (re[s] + z.x), ei = 0.5f * (im[s] - z.y);
            const float dr = 0.5f * (re[s] - z.x), di = 0.5f * (im[s] + z.y);
            const float pr = dr * wi + di * wr, pi = di * wi - dr * wr;
            below[s] = (er + pr) * (er + pr) + (ei + pi) * (ei + pi);
            above[s] = (er - pr) * (er - pr) + (pi - ei) * (pi - ei);
        }
        const float middle = re[P / 2] * re[P / 2] + im[P / 2] * im[P / 2];
        __syncthreads();
        float *power = powers + frame * BIN_STRIDE;
#pragma unroll
        for (int s = 0; s < P / 2; s++) power[t + T * s] = below[s], power[M - t - T * s] = above[s];
        if (t == 0) power[M / 2] = middle;
        __syncthreads();

        // QUAD frames a thread share a filter's weights and the loop around them.
        for (int i = threadIdx.x; i < VALUES * FRAMES / QUAD; i += BLOCK) {
            const int f = i % (FRAMES / QUAD), v = i / (FRAMES / QUAD);
            const float *bins = powers + f * BIN_STRIDE;
            float x[QUAD] = {};
#ifdef MEL
            const float4 band = bands[v];
            const float *w = weights + int(band.z);
            bins += int(band.x);
            const int n = int(band.y);
#pragma unroll 2
            for (int k = 0; k < n; k++)
#pragma unroll
                for (int c = 0; c < QUAD; c++) x[c] += w[k] * size(bins[c * (FRAMES / QUAD) * BIN_STRIDE + k]);
#else
#pragma unroll
            for (int c = 0; c < QUAD; c++) x[c] = size(bins[c * (FRAMES / QUAD) * BIN_STRIDE + v]) * factor;
#ifdef DOUBLED
            if (v != 0 && v != M)
#pragma unroll
                for (int c = 0; c < QUAD; c++) x[c] *= 2;
#endif
#endif
#pragma unroll
            for (int c = 0; c < QUAD; c++) {
                const int at = f + c * (FRAMES / QUAD);
#ifdef LOGARITHM
                x[c] = factor * __log2f(fmaxf(x[c], floor) + offset);
#endif
                tile[v * TILE_STRIDE + round * FRAMES + at] = x[c];
                if (start + at < count) largest = fmaxf(largest, x[c]);
            }
        }
        __syncthreads();
    }

    const int live = count - first < TILE ? count - first : TILE;
#ifdef FRAMES_FIRST
    float *to = out + (item * count + first) * VALUES;
    for (int i = threadIdx.x; i < VALUES * live; i += BLOCK) to[i] = tile[i % VALUES * TILE_STRIDE + i / VALUES];
#else
    static_assert(BLOCK % TILE == 0, "a thread keeps its frame");
    const int f = threadIdx.x % TILE;
    if (f < live) {
        float *to = out + item * VALUES * count + first + f;
#pragma unroll 4
        for (u32 v = threadIdx.x / TILE; v < VALUES; v += BLOCK / TILE) to[v * count] = tile[v * TILE_STRIDE + f];
    }
#endif
#if defined(MAXIMUM_ITEM) || defined(MAXIMUM_BATCH)
    u32 bits = ordered(largest);
#pragma unroll
    for (int d = 16; d >= 1; d /= 2) {
        const u32 other = __shfl_xor_sync(~0u, bits, d);
        bits = max(bits, other);
    }
#ifdef MAXIMUM_ITEM
    maxima += item;
#endif
    if (threadIdx.x % 32 == 0) atomicMax(maxima, bits);
#endif
}
