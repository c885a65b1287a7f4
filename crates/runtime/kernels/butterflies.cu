// A learned transform and the ops after it: real samples to spectra, to averaged power, or to its K largest bins.
//
//   a block has ROWS rows; for every two segments of each:
//     z = window · (segment 2i + i·segment 2i+1), one place per point, in shared memory
//     for every stage: thread t takes the mixes t, t + THREADS, … for all rows of the block
//       z[to] = W · z[from], in place: no two mixes of a stage have a common place
//     OUT_SPECTRUM: bin k of both segments from Z_k and Z_{N−k}
//     else power[k] += |Z_k|² + |Z_{N−k}|², once at DC and Nyquist; a last odd segment alone: 2·|Z_k|²
//   value of bin k = power[k] · gain + shift, 0 if the mask has 0; OUT_PEAKS: one warp per row (topk.cuh, peaks_out.cuh)
//
// Pruned butterflies are in no table, and the permutations between stages are part of the places, so neither costs time. A
// mix is two places to read and two to write (16 bits each, N: none) and its weights: all of W, 8 floats, or with TWIDDLES
// w of [[1, w], [1, −w]]. Mixes are sorted by place; if they pair neighbours, every second group of 16 places is mirrored,
// so that 16 threads access 16 banks. Bins of powers are also sorted by place (place, place of the mirror, gain, bin), bins
// of spectra by bin. Bounded by the shared-memory pipe (two points read and two written per mix) and by the weights, which
// ROWS rows share.
//
// Constants: N_FFT SEGMENTS HOP STAGES ROWS THREADS MIN_BLOCKS, TWIDDLES, REAL, OUT_SPECTRUM OUT_PLANES | OUT_POWER | OUT_PEAKS TOP_K,
// SHIFT (of the powers).

#include "dft.cuh"
#include "samples.cuh"
#include "topk.cuh"
#include "peaks_out.cuh"

constexpr int N = N_FFT, HALF = N / 2, TRANSFORMS = (SEGMENTS + 1) / 2, FRAME = N + (SEGMENTS - 1) * HOP;
constexpr u32 MASKED = 0xffff;

// Where point `p` of the frame lies.
DEVICE int place(int p) { return p ^ (p & 16 ? 15 : 0); }

// The point at a place; no place: zero.
DEVICE float2 point(const float2 *z, u32 place) {
    float2 v = place < N ? z[place] : make_float2(0, 0);
#ifdef REAL
    v.y = 0;
#endif
    return v;
}

DEVICE float square(float2 v) { return v.x * v.x + v.y * v.y; }

DEVICE void load(float2 (&z)[ROWS][N], const Sample *samples, const float *window, u64 *status, u64 rows, u64 stride, int pair) {
    const bool two = 2 * pair + 1 < SEGMENTS;
    for (int p = threadIdx.x; p < N; p += THREADS) {
        const float w = __ldg(window + p);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            // Rows beyond the last one are the last one again.
            const u64 wanted = u64(blockIdx.x) * ROWS + r, row = wanted < rows ? wanted : rows - 1;
            const Sample *from = samples + row * stride + u64(2 * pair) * HOP + p;
            const float x = sample(from), y = two ? sample(from + HOP) : 0;
            if (!finite(x)) atomicMin(status, row * FRAME + u64(2 * pair) * HOP + p);
            if (!finite(y)) atomicMin(status, row * FRAME + u64(2 * pair + 1) * HOP + p);
            z[r][place(p)] = make_float2(x * w, y * w);
        }
    }
}

DEVICE void mix(float2 (&z)[ROWS][N], const float4 *weights, uint2 at, u32 index) {
    const u32 x = at.x & 0xffff, y = at.x >> 16, to_x = at.y & 0xffff, to_y = at.y >> 16;
#ifdef TWIDDLES
    const float2 w = __ldg(reinterpret_cast<const float2 *>(weights) + index);
#else
    const float4 u = __ldg(weights + 2 * index), v = __ldg(weights + 2 * index + 1);
#endif
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        const float2 a = z[r][x], b = z[r][y];
#ifdef TWIDDLES
        const float re = w.x * b.x - w.y * b.y, im = w.x * b.y + w.y * b.x;
        const float2 first = make_float2(a.x + re, a.y + im), second = make_float2(a.x - re, a.y - im);
#else
        const float2 first = make_float2(u.x * a.x - u.y * a.y + u.z * b.x - u.w * b.y, u.x * a.y + u.y * a.x + u.z * b.y + u.w * b.x);
        const float2 second = make_float2(v.x * a.x - v.y * a.y + v.z * b.x - v.w * b.y, v.x * a.y + v.y * a.x + v.z * b.y + v.w * b.x);
#endif
        if (to_x < N) z[r][to_x] = first;
        if (to_y < N) z[r][to_y] = second;
    }
}

#ifdef OUT_SPECTRUM
DEVICE void put(float *re, float *im, u64 at, float x, float y) {
#ifdef OUT_PLANES
    re[at] = x, im[at] = y;
#else
    reinterpret_cast<float2 *>(re)[at] = make_float2(x, y);
#endif
}
#endif

extern "C" __global__ void __launch_bounds__(THREADS, MIN_BLOCKS)
butterflies(const Sample *samples, float *out, float *out_im, const float4 *weights, const uint2 *ends, const u32 *starts, const float4 *bins,
            const float *window, u64 *status, u64 rows, u64 stride) {
    __shared__ __align__(16) float2 z[ROWS][N];
    const int t = threadIdx.x;
#ifndef OUT_SPECTRUM
    __shared__ float power[ROWS][HALF + 1];
#endif
#pragma unroll 1
    for (int i = 0; i < TRANSFORMS; i++) {
        if (i > 0) __syncthreads();
        load(z, samples, window, status, rows, stride, i);
        __syncthreads();
#pragma unroll 1
        for (int s = 0; s < STAGES; s++) {
            const u32 end = __ldg(starts + s + 1);
            for (u32 e = __ldg(starts + s) + t; e < end; e += THREADS) mix(z, weights, __ldg(ends + e), e);
            __syncthreads();
        }
        const bool two = 2 * i + 1 < SEGMENTS;
#ifdef OUT_SPECTRUM
        for (int k = t; k < N; k += THREADS) {
            const float4 bin = __ldg(bins + k);
            for (int r = 0; r < ROWS; r++) {
                const u64 row = u64(blockIdx.x) * ROWS + r;
                if (row >= rows) break;
                const float2 v = point(z[r], __float_as_uint(bin.x)), m = point(z[r], __float_as_uint(bin.y));
                const u64 at = (row * SEGMENTS + 2 * i) * N + k;
                if (two) {
                    put(out, out_im, at, 0.5f * (v.x + m.x), 0.5f * (v.y - m.y));
                    put(out, out_im, at + N, 0.5f * (v.y + m.y), 0.5f * (m.x - v.x));
                } else {
                    put(out, out_im, at, v.x, v.y);
                }
            }
        }
#else
        for (int j = t; j <= HALF; j += THREADS) {
            const float4 bin = __ldg(bins + j);
            const u32 at = __float_as_uint(bin.x), mirror = __float_as_uint(bin.y);
            const int k = __float_as_int(bin.w);
            const bool inner = k > 0 && k < HALF;
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                float p = square(point(z[r], at));
                if (inner) p += two ? square(point(z[r], mirror)) : p;
                if (i > 0) p += power[r][k];
                if (i == TRANSFORMS - 1) p = at == MASKED ? 0 : fmaf(p, bin.z, float(SHIFT));
                power[r][k] = p;
            }
        }
#endif
    }
#ifdef OUT_POWER
    __syncthreads();
    for (int r = 0; r < ROWS; r++) {
        const u64 row = u64(blockIdx.x) * ROWS + r;
        if (row >= rows) break;
        for (int k = t; k <= HALF; k += THREADS) out[row * (HALF + 1) + k] = power[r][k];
    }
#endif
#ifdef OUT_PEAKS
    constexpr int K = TOP_K, KP = K <= 1 ? 1 : K <= 2 ? 2 : K <= 4 ? 4 : K <= 8 ? 8 : K <= 16 ? 16 : K <= 32 ? 32 : 64;
    constexpr int V = HALF / 32;
    using Select = TopK<32, V, KP>;
    const int lane = t % 32;
    __syncthreads();
#pragma unroll 1
    for (int r = t / 32; r < ROWS; r += THREADS / 32) {
        u32 key[V], refused = 0;
#pragma unroll
        for (int s = 0; s < V; s++) key[s] = (__float_as_uint(power[r][lane + 32 * s]) & ~u32(HALF - 1)) | (HALF - 1 - lane - 32 * s);
        // The points are of no use any more.
        u32 *list = reinterpret_cast<u32 *>(z[r]);
        Select::run(key, refused, list, lane);
        __syncwarp();
        const u64 row = u64(blockIdx.x) * ROWS + r;
        PeaksOut<32, HALF, Select::LENGTH, K>::write(list, list + Select::LENGTH, power[r], refused,
                                                     reinterpret_cast<float2 *>(out) + row * K, row < rows, lane);
    }
#endif
}
