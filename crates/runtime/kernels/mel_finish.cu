// The second pass of a log-mel: `finish` brings values to their item's (or the batch's) maximum, `standardise` to
// their band's mean and deviation.
//
//   clear:       the maxima of a launch start below every value
//   finish:      x = (max(x, maximum − range) − (RELATIVE ? maximum : 0) + shift) · scale, four values a thread
//   standardise: one block a band of one item; sums in f64, the deviation around the mean
//
// Bounds: device memory.
//
// Constants: CLEAR; FINISH with MAXIMUM_ITEM | MAXIMUM_BATCH and RELATIVE, or STANDARDISE; BLOCK.

#include "dft.cuh"

#ifdef CLEAR
// Below every value, before the frames.
extern "C" __global__ void __launch_bounds__(BLOCK) clear(u32 *maxima, u32 items) {
    const u32 i = blockIdx.x * BLOCK + threadIdx.x;
    if (i < items) maxima[i] = 0;
}
#endif

#ifdef FINISH
DEVICE float unordered(u32 b) { return __uint_as_float(b >> 31 ? b & 0x7fffffffu : ~b); }

extern "C" __global__ void __launch_bounds__(BLOCK)
finish(float *x, const u32 *maxima, u64 size, u32 blocks, float range, float shift, float scale) {
    const u64 item = blockIdx.x / blocks;
    const u64 at = (u64(blockIdx.x % blocks) * BLOCK + threadIdx.x) * 4;
#ifdef MAXIMUM_ITEM
    const float maximum = unordered(maxima[item]);
#else
    const float maximum = unordered(maxima[0]);
#endif
    const float floor = maximum - range;
#ifdef RELATIVE
    shift -= maximum;
#endif
    float *p = x + item * size + at;
    const auto one = [&](float v) { return ((v < floor ? floor : v) + shift) * scale; };
    if (at + 4 <= size && (reinterpret_cast<u64>(p) & 15) == 0) {
        float4 v = *reinterpret_cast<float4 *>(p);
        v.x = one(v.x), v.y = one(v.y), v.z = one(v.z), v.w = one(v.w);
        *reinterpret_cast<float4 *>(p) = v;
    } else {
        for (int i = 0; i < 4; i++)
            if (at + i < size) p[i] = one(p[i]);
    }
}
#endif

#ifdef STANDARDISE
DEVICE double block_sum(double v, double *shared) {
#pragma unroll
    for (int d = 16; d >= 1; d /= 2) v += __shfl_xor_sync(~0u, v, d);
    __syncthreads();
    if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = v;
    __syncthreads();
    v = 0;
    for (int i = 0; i < BLOCK / 32; i++) v += shared[i];
    return v;
}

// Rows of `count` values.
extern "C" __global__ void __launch_bounds__(BLOCK) standardise(float *x, u32 count, float epsilon) {
    __shared__ double shared[BLOCK / 32];
    float *row = x + u64(blockIdx.x) * count;
    double sum = 0, square = 0;
    for (u32 i = threadIdx.x; i < count; i += BLOCK) sum += row[i];
    const double mean = block_sum(sum, shared) / count;
    for (u32 i = threadIdx.x; i < count; i += BLOCK) square += (row[i] - mean) * (row[i] - mean);
    square = block_sum(square, shared);
    const float scale = float(1 / (sqrt(square / (count > 1 ? count - 1 : 1)) + double(epsilon)));
    for (u32 i = threadIdx.x; i < count; i += BLOCK) row[i] = float(row[i] - mean) * scale;
}
#endif
