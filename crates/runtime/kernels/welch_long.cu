// The steps of a Welch spectrum before and after transforms that do not fit in one block (fft_columns.cu), in device memory.
//
//   MEANS:   one block per segment: its mean, and the mean of the remainder after subtraction (see welch_peaks.cu)
//   PREPARE: one thread per point: z[row][i] = window · (segment 2i + j·segment 2i+1), each without its mean if DETREND;
//            one segment per transform for AVERAGE_MAX, AVERAGE_MIN
//   TOP:     one block per row: the bits of the K-th largest power byte by byte from histograms, then all above it and, of
//            those equal to it, the lowest bins, each with its rank. Exact, and as fast for K = 64 as for 1
//   FOLD:    one thread per bin of a row: averages (|Z_k|² + |Z_{N−k}|²) / 2 of its transforms, one-sided
//
// Bounded by memory.
//
// Constants: one of the names above; N_FFT SEGMENT SEGMENTS HOP, AVERAGE_MEAN|MAX|MIN, DETREND, KEEP_LO KEEP_HI,
// SAMPLE_* (MEANS, PREPARE), BLOCK, TOP_K (TOP).

#include "dft.cuh"
#include "samples.cuh"

#ifdef AVERAGE_MEAN
constexpr bool PAIRS = SEGMENTS > 1;
#else
constexpr bool PAIRS = false;
#endif
constexpr int TRANSFORMS = PAIRS ? (SEGMENTS + 1) / 2 : SEGMENTS, FRAME = SEGMENT + (SEGMENTS - 1) * HOP, HALF = N_FFT / 2;

#ifdef MEANS
DEVICE float block_sum(float v, float *shared) {
#pragma unroll
    for (int d = 16; d >= 1; d /= 2) v += __shfl_xor_sync(~0u, v, d);
    __syncthreads();
    if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = v;
    __syncthreads();
    v = 0;
    for (int i = 0; i < BLOCK / 32; i++) v += shared[i];
    return v;
}

extern "C" __global__ void __launch_bounds__(BLOCK) welch_means(const Sample *samples, float2 *means, u64 rows, u64 stride) {
    __shared__ float shared[BLOCK / 32];
    const u64 row = blockIdx.x / SEGMENTS;
    const int segment = blockIdx.x % SEGMENTS;
    const Sample *from = samples + row * stride + segment * HOP;
    float sum = 0, rest = 0;
    for (int i = threadIdx.x; i < SEGMENT; i += BLOCK) sum += sample(from + i);
    const float mean = block_sum(sum, shared) * (1.0f / SEGMENT);
    for (int i = threadIdx.x; i < SEGMENT; i += BLOCK) rest += sample(from + i) - mean;
    rest = block_sum(rest, shared) * (1.0f / SEGMENT);
    if (threadIdx.x == 0) means[blockIdx.x] = make_float2(mean, rest);
}
#endif

#ifdef PREPARE
// `status`: the smallest row·FRAME + index of a NaN or infinite sample.
extern "C" __global__ void __launch_bounds__(BLOCK)
welch_prepare(const Sample *samples, float2 *z, const float *window, const float2 *means, u64 *status, u64 rows, u64 stride) {
    constexpr int BLOCKS = N_FFT / BLOCK;
    const u64 transform = blockIdx.x / BLOCKS, row = transform / TRANSFORMS;
    const int i = blockIdx.x % BLOCKS * BLOCK + threadIdx.x, first = int(transform % TRANSFORMS) * (PAIRS ? 2 : 1);
    const auto part = [&](int segment) {
        if (i >= SEGMENT || segment >= SEGMENTS) return 0.0f;
        float x = sample(samples + row * stride + segment * HOP + i);
        if (!finite(x)) atomicMin(status, row * FRAME + segment * HOP + i);
#ifdef DETREND
        const float2 mean = means[row * SEGMENTS + segment];
        x = (x - mean.x) - mean.y;
#endif
        return x * window[i];
    };
    z[transform * N_FFT + i] = make_float2(part(first), PAIRS ? part(first + 1) : 0.0f);
}
#endif

#ifdef FOLD
extern "C" __global__ void __launch_bounds__(BLOCK) welch_fold(const float2 *z, float *psd, u64 rows, float scale) {
    const u64 at = u64(blockIdx.x) * BLOCK + threadIdx.x;
    if (at >= rows * (HALF + 1)) return;
    const u64 row = at / (HALF + 1);
    const int k = int(at % (HALF + 1));
    const float2 *from = z + row * (u64(TRANSFORMS) * N_FFT);
    float power = 0;
    for (int i = 0; i < TRANSFORMS; i++, from += N_FFT) {
        const float2 a = from[k], b = from[(N_FFT - k) % N_FFT];
        const float p = 0.5f * (a.x * a.x + a.y * a.y + b.x * b.x + b.y * b.y);
        // NaN wins against every other value.
#if defined(AVERAGE_MEAN)
        power += p;
#elif defined(AVERAGE_MAX)
        if (i == 0 || !(p <= power)) power = p;
#else
        if (i == 0 || !(p >= power)) power = p;
#endif
    }
#ifdef AVERAGE_MEAN
    power *= 1.0f / SEGMENTS;
#endif
    if (k != 0 && k != HALF) power *= 2;
#ifdef KEEP_LO
    if (k < KEEP_LO || k >= KEEP_HI) power = 0;
#endif
    psd[at] = power * scale;
}
#endif

#ifdef TOP
constexpr int BINS = HALF + 1, K = TOP_K;

extern "C" __global__ void __launch_bounds__(BLOCK) welch_top(const float *psd, float2 *out, u64 rows) {
    __shared__ u32 histogram[256];
    __shared__ u64 best[K];
    __shared__ u32 prefix, wanted, found, next;
    // Powers are not negative: their bits order like integers.
    const u32 *bits = reinterpret_cast<const u32 *>(psd) + u64(blockIdx.x) * BINS;
    if (threadIdx.x == 0) prefix = 0, wanted = K, found = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        for (int i = threadIdx.x; i < 256; i += BLOCK) histogram[i] = 0;
        __syncthreads();
        const u32 above = prefix;
        for (int i = threadIdx.x; i < BINS; i += BLOCK)
            if (shift == 24 || bits[i] >> (shift + 8) == above) atomicAdd(histogram + (bits[i] >> shift & 255), 1u);
        __syncthreads();
        if (threadIdx.x == 0) {
            u32 digit = 255, left = wanted;
            while (histogram[digit] < left) left -= histogram[digit--];
            prefix = above << 8 | digit, wanted = left;
        }
        __syncthreads();
    }
    // `wanted` of the powers equal to the K-th are in.
    const u32 threshold = prefix;
    for (int i = threadIdx.x; i < BINS; i += BLOCK)
        if (bits[i] > threshold) best[atomicAdd(&found, 1u)] = u64(bits[i]) << 32 | u32(~i);
    __syncthreads();
    int start = 0;
    for (u32 taken = K - wanted; taken < K; taken++) {
        if (threadIdx.x == 0) next = BINS;
        __syncthreads();
        for (int i = start + threadIdx.x; i < BINS; i += BLOCK)
            if (bits[i] == threshold) {
                atomicMin(&next, u32(i));
                break;
            }
        __syncthreads();
        start = next + 1;
        if (threadIdx.x == 0) best[taken] = u64(threshold) << 32 | u32(~next);
        __syncthreads();
    }
    for (int i = threadIdx.x; i < K; i += BLOCK) {
        const u64 mine = best[i];
        int rank = 0;
        for (int j = 0; j < K; j++) rank += best[j] > mine;
        out[u64(blockIdx.x) * K + rank] = make_float2(float(~u32(mine)), __uint_as_float(u32(mine >> 32)));
    }
}
#endif
