// Samples to averaged one-sided power and its K largest bins; nothing else is written to memory.
//
//   T = N/P threads per row, P points each (stockham.cuh); 32/T rows per warp, or one row per block where T > 32
//   for every two segments (one at a time for MAX, MIN):
//     z = window · (segment 2i + i·segment 2i+1), each without its mean if DETREND
//     Z = FFT(z); power[s] += |Z|²              (natural order: bin t + T·s)
//   one-sided power of bin k = (power[k] + power[N−k]) / SEGMENTS: |X|² + |Y|² = (|Z_k|² + |Z_{N−k}|²) / 2, twice
//   PSD: written from the registers; peaks: topk.cuh, peaks_out.cuh
//
// A sample that is NaN or infinite makes every bin of its transform NaN; the threads of such a row search for it and
// write the smallest row·FRAME + index to `status`. Bounded by issue slots and the shared-memory pipe, about equally, at
// N = 256; by the shared-memory pipe if there are two exchanges.
//
// Constants: N_FFT POINTS RADIX_1 RADIX_2 RADIX_3 SEGMENT SEGMENTS HOP TOP_K, AVERAGE_MEAN|MAX|MIN, DETREND, KEEP_LO KEEP_HI, OUT_PEAKS, OUT_PSD,
// ROWS (per block), MIN_BLOCKS.

#include "dft.cuh"
#include "stockham.cuh"
#include "samples.cuh"
#include "topk.cuh"
#include "peaks_out.cuh"

constexpr int N = N_FFT, P = POINTS, K = TOP_K;
using Plan = Stockham<N, P, RADIX_1, RADIX_2, RADIX_3>;
constexpr int T = Plan::T, HALF = N / 2, V = P / 2, BLOCK = T * ROWS, FRAME = SEGMENT + (SEGMENTS - 1) * HOP;
#if defined(AVERAGE_MEAN)
constexpr bool PAIRS = SEGMENTS > 1;
DEVICE float first() { return 0; }
DEVICE float combine(float all, float one) { return all + one; }
#elif defined(AVERAGE_MAX)
constexpr bool PAIRS = false;
DEVICE float first() { return 0; }
DEVICE float combine(float all, float one) { return fmaxf(all, one); }
#else
constexpr bool PAIRS = false;
DEVICE float first() { return __int_as_float(0x7f800000); }
DEVICE float combine(float all, float one) { return fminf(all, one); }
#endif
constexpr int TRANSFORMS = PAIRS ? (SEGMENTS + 1) / 2 : SEGMENTS;
constexpr int WARPS = T > 32 ? T / 32 : 1, LANES = T > 32 ? 32 : T;
static_assert(T <= 32 || ROWS == 1, "a row of several warps has a block of its own");

// Sum over the threads of the row.
DEVICE float2 row_sum(float2 v, float2 *buffer, int t) {
#pragma unroll
    for (int d = 1; d < LANES; d *= 2) v.x += __shfl_xor_sync(~0u, v.x, d), v.y += __shfl_xor_sync(~0u, v.y, d);
    if constexpr (WARPS > 1) {
        __syncthreads();
        if (t % 32 == 0) buffer[t / 32] = v;
        __syncthreads();
        v = buffer[0];
#pragma unroll
        for (int w = 1; w < WARPS; w++) v.x += buffer[w].x, v.y += buffer[w].y;
    }
    return v;
}

constexpr bool inside(int s) { return T * (s + 1) <= SEGMENT; }
DEVICE bool holds(int t, int s) { return inside(s) || t + T * s < SEGMENT; }

// Subtracts the mean twice: the second one is of small numbers, so an offset costs nothing.
DEVICE void subtract_mean(float (&re)[P], float (&im)[P], float2 *buffer, int t) {
#pragma unroll
    for (int round = 0; round < 2; round++) {
        float2 sum = make_float2(0, 0);
#pragma unroll
        for (int s = 0; s < P; s++) sum.x += re[s], sum.y += im[s];
        sum = row_sum(sum, buffer, t);
        const float x = sum.x * (1.0f / SEGMENT), y = sum.y * (1.0f / SEGMENT);
#pragma unroll
        for (int s = 0; s < P; s++)
            if (holds(t, s)) re[s] -= x, im[s] -= y;
    }
}

// Segments `first` and, where `two`, `first + 1`, windowed, as real and imaginary parts.
DEVICE void load(float (&re)[P], float (&im)[P], const Sample *samples, u64 row, const float4 *window, float2 *buffer, int t,
                 int first, bool two) {
    const Sample *from = samples + opaque(row + first * HOP + t);
    if constexpr (PAIRS && SEGMENT == N && HOP % T == 0 && HOP / T < P) {
        // The overlap is read once.
        constexpr int SHIFT = HOP / T;
        float x[P + SHIFT];
#pragma unroll
        for (int s = 0; s < P; s++) x[s] = sample(from + T * s);
#pragma unroll
        for (int s = P; s < P + SHIFT; s++) x[s] = SEGMENTS % 2 == 0 || two ? sample(from + T * s) : 0;
#pragma unroll
        for (int s = 0; s < P; s++) re[s] = x[s], im[s] = SEGMENTS % 2 == 0 || two ? x[s + SHIFT] : 0;
    } else {
#pragma unroll
        for (int s = 0; s < P; s++) re[s] = holds(t, s) ? sample(from + T * s) : 0;
#pragma unroll
        for (int s = 0; s < P; s++) im[s] = PAIRS && two && holds(t, s) ? sample(from + HOP + T * s) : 0;
    }
#ifdef DETREND
    subtract_mean(re, im, buffer, t);
#endif
#pragma unroll
    for (int s = 0; s < P; s += 4) {
        const float4 w = window[s / 4 * T + t];
        re[s] *= w.x, re[s + 1] *= w.y, re[s + 2] *= w.z, re[s + 3] *= w.w;
        im[s] *= w.x, im[s + 1] *= w.y, im[s + 2] *= w.z, im[s + 3] *= w.w;
    }
}

// Accumulated |Z|² of all bins to one-sided power: value[s] of bin t + T·s; the Nyquist bin's on thread 0.
DEVICE float one_sided(float (&power)[P], float (&value)[V], float *buffer, int t) {
    if constexpr (!PAIRS) {
        // Real transforms: the upper half mirrors the lower one.
#pragma unroll
        for (int s = 0; s < V; s++) value[s] = power[s] * (s == 0 && t == 0 ? 1.0f : 2.0f);
        return power[V];
    }
    constexpr float scale = 1.0f / SEGMENTS;
    if constexpr (WARPS == 1) {
        const int from = threadIdx.x & 31, mirror = (from & ~(T - 1)) | ((T - t) & (T - 1));
#pragma unroll
        for (int s = 0; s < V; s++) {
            const float send = t == 0 ? power[(P - s) % P] : power[P - 1 - s];
            value[s] = power[s] + __shfl_sync(~0u, send, mirror);
        }
        if (t == 0) value[0] = power[0];
    } else {
        __syncthreads();
#pragma unroll
        for (int s = V; s < P; s++) buffer[t + T * (s - V)] = power[s];
        __syncthreads();
#pragma unroll
        for (int s = 0; s < V; s++) value[s] = power[s] + (s == 0 && t == 0 ? 0 : buffer[HALF - t - T * s]);
    }
#pragma unroll
    for (int s = 0; s < V; s++) value[s] *= scale;
    return power[V] * scale;
}

extern "C" __global__ void __launch_bounds__(BLOCK, MIN_BLOCKS)
welch_peaks(const Sample *samples, float2 *peaks, float *psd, const float4 *window, const float4 *factors, u64 *status,
            u64 rows, u64 stride, float psd_scale) {
    __shared__ float4 shared[(ROWS * Plan::BUFFER + 1) / 2];
    const int t = threadIdx.x % T, local = threadIdx.x / T;
    float2 *buffer = reinterpret_cast<float2 *>(shared) + local * Plan::BUFFER;
    const u64 wanted = u64(blockIdx.x) * ROWS + local, row = wanted < rows ? wanted : rows - 1;
    const bool live = wanted < rows;

    float power[P], poison = 0;
    if constexpr (TRANSFORMS > 1) {
#pragma unroll
        for (int s = 0; s < P; s++) power[s] = first();
    }
#pragma unroll 1
    for (int i = 0; i < TRANSFORMS; i++) {
        float re[P], im[P];
        load(re, im, samples, row * stride, window, buffer, t, PAIRS ? 2 * i : i, 2 * i + 1 < SEGMENTS);
        Plan::run(re, im, buffer, factors, t);
#pragma unroll
        for (int s = 0; s < P; s++) {
            const float p = re[s] * re[s] + im[s] * im[s];
            power[s] = TRANSFORMS == 1 ? p : combine(power[s], p);
            if (s == 1) poison += p;
        }
    }
    float value[V];
    float nyquist = one_sided(power, value, reinterpret_cast<float *>(buffer), t);

    if (!finite(poison)) {
        for (int i = t; i < FRAME; i += T)
            if (!finite(sample(samples + row * stride + i))) {
                if (live) atomicMin(status, row * FRAME + i);
                break;
            }
#ifndef AVERAGE_MEAN
        // max and min pass over NaN; it shall not pass for silence.
        for (int s = 0; s < V; s++) value[s] = poison;
        nyquist = poison;
#endif
    }
#ifdef KEEP_LO
#pragma unroll
    for (int s = 0; s < V; s++)
        if (t + T * s < KEEP_LO || t + T * s >= KEEP_HI) value[s] = 0;
    if (KEEP_HI <= HALF) nyquist = 0;
#endif
#ifdef OUT_PSD
    if (live) {
        float *to = psd + opaque(row * (HALF + 1) + t);
#pragma unroll
        for (int s = 0; s < V; s++) to[T * s] = value[s] * psd_scale;
        if (t == 0) to[HALF] = nyquist * psd_scale;
    }
#endif
#ifdef OUT_PEAKS
    constexpr int KP = K <= 1 ? 1 : K <= 2 ? 2 : K <= 4 ? 4 : K <= 8 ? 8 : K <= 16 ? 16 : K <= 32 ? 32 : 64;
    using Select = TopK<LANES, V, KP>;
    u32 key[V], refused = 0;
#pragma unroll
    for (int s = 0; s < V; s++)
        key[s] = (__float_as_uint(value[s]) & ~u32(HALF - 1)) | (T - 1 - t) | (T * (V - 1 - s));
    // The transform's buffer is free: powers, then the lists.
    float *exact = reinterpret_cast<float *>(buffer);
    u32 *list = reinterpret_cast<u32 *>(exact + HALF + 2);
    Plan::sync();
#pragma unroll
    for (int s = 0; s < V; s++) exact[t + T * s] = value[s];
    if (t == 0) exact[HALF] = nyquist;
    float2 *out = peaks + row * K;
    if constexpr (WARPS == 1) {
        Select::run(key, refused, list, t);
        __syncwarp();
        PeaksOut<T, HALF, Select::LENGTH, K>::write(list, list + Select::LENGTH, exact, refused, out, live, t);
    } else {
        // The warps' lists, then the best of them on the first warp.
        constexpr int V2 = WARPS * KP > 32 ? WARPS * KP / 32 : 1;
        using Final = TopK<32, V2, KP>;
        const int warp = t / 32, lane = t % 32;
        u32 *lists = list + 2 * KP, *left = lists + WARPS * KP;
        Select::run(key, refused, lists + warp * KP, lane);
        if (lane == 0) left[warp] = refused;
        __syncthreads();
        if (warp > 0) return;
        u32 best[V2];
        refused = lane < WARPS ? left[lane] : 0;
#pragma unroll
        for (int i = 0; i < V2; i++) best[i] = lane + 32 * i < WARPS * KP ? lists[lane + 32 * i] : 0;
#pragma unroll
        for (int d = 1; d < 32; d *= 2) refused = max(refused, __shfl_xor_sync(~0u, refused, d));
        Final::run(best, refused, list, lane);
        __syncwarp();
        PeaksOut<32, HALF, Final::LENGTH, K>::write(list, list + KP, exact, refused, out, live, lane);
    }
#endif
}
