// Steps that relate logarithms of mel energies to one another, in place.
//
//   CLAMP:       v ← (max(v − z, m − z − RANGE) + SHIFT) · FACTOR, m the largest of the item (with OVER_BATCH, of the batch),
//                z = m if RELATIVE, else 0. A block has CHUNK neighbouring values of one item and computes m from the maxima
//                of log_mel.cu. Items are processed in reverse: those written last may still be in the L2 cache.
//   STANDARDISE: per item and mel band v ← (v − mean) / (deviation + EPSILON), unbiased, one block each; in two passes, so
//                that a large mean costs no precision.
//
// Bounded by memory.
//
// Constants: CLAMP RANGE SHIFT FACTOR RELATIVE OVER_BATCH CHUNK | STANDARDISE EPSILON N_MELS FRAMES_BY_MELS; BLOCK.

#include "dft.cuh"

// Combined over the block's threads.
template <class F> DEVICE float block_reduce(float v, F &&both) {
    __shared__ float warps[BLOCK / 32];
#pragma unroll
    for (int d = 1; d < 32; d *= 2) v = both(v, __shfl_xor_sync(~0u, v, d));
    __syncthreads();
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = v;
    __syncthreads();
    v = warps[0];
#pragma unroll
    for (int w = 1; w < BLOCK / 32; w++) v = both(v, warps[w]);
    return v;
}

#ifdef CLAMP
DEVICE float clamp(float v, float zero, float floor) {
    v -= zero;
    return ((v < floor ? floor : v) + float(SHIFT)) * float(FACTOR);
}

// `count` values an item, `parts` maxima an item.
extern "C" __global__ void __launch_bounds__(BLOCK) log_mel_finish(float *values, const float *maxima, u64 rows, u64 count, u64 parts) {
    const u32 chunks = u32((count + CHUNK - 1) / CHUNK);
    const u64 row = rows - 1 - blockIdx.x / chunks, first = u64(blockIdx.x % chunks) * CHUNK;
    float *item = values + row * count + first;
    const int here = count - first < CHUNK ? int(count - first) : CHUNK;
    float most = __int_as_float(0xff800000);
#ifdef OVER_BATCH
    for (u64 i = threadIdx.x; i < rows * parts; i += BLOCK) most = fmaxf(most, __ldg(maxima + i));
#else
    for (u64 i = threadIdx.x; i < parts; i += BLOCK) most = fmaxf(most, __ldg(maxima + row * parts + i));
#endif
    constexpr int EACH = CHUNK / BLOCK / 4;
    if (here == CHUNK && count % 4 == 0) {
        // Values are on their way while the maximum is found.
        float4 v[EACH];
#pragma unroll
        for (int i = 0; i < EACH; i++) v[i] = reinterpret_cast<float4 *>(item)[threadIdx.x + BLOCK * i];
        most = block_reduce(most, [](float a, float b) { return fmaxf(a, b); });
#ifdef RELATIVE
        const float zero = most;
#else
        const float zero = 0;
#endif
        const float floor = most - zero - float(RANGE);
#pragma unroll
        for (int i = 0; i < EACH; i++)
            reinterpret_cast<float4 *>(item)[threadIdx.x + BLOCK * i] =
                make_float4(clamp(v[i].x, zero, floor), clamp(v[i].y, zero, floor), clamp(v[i].z, zero, floor), clamp(v[i].w, zero, floor));
    } else {
        most = block_reduce(most, [](float a, float b) { return fmaxf(a, b); });
#ifdef RELATIVE
        const float zero = most;
#else
        const float zero = 0;
#endif
        const float floor = most - zero - float(RANGE);
        for (int i = threadIdx.x; i < here; i += BLOCK) item[i] = clamp(item[i], zero, floor);
    }
}
#endif

#ifdef STANDARDISE
extern "C" __global__ void __launch_bounds__(BLOCK) log_mel_finish(float *values, u64 frames) {
    const u64 row = blockIdx.x / N_MELS, mel = blockIdx.x % N_MELS;
#ifdef FRAMES_BY_MELS
    constexpr u64 STEP = N_MELS;
    float *item = values + row * frames * N_MELS + mel;
#else
    constexpr u64 STEP = 1;
    float *item = values + (row * N_MELS + mel) * frames;
#endif
    auto add = [](float a, float b) { return a + b; };
    float sum = 0;
    for (u64 i = threadIdx.x; i < frames; i += BLOCK) sum += item[i * STEP];
    const float mean = block_reduce(sum, add) / float(frames);
    // The rounding of the mean itself is found with the squares.
    float rest = 0, square = 0;
    for (u64 i = threadIdx.x; i < frames; i += BLOCK) {
        const float d = item[i * STEP] - mean;
        rest += d, square = fmaf(d, d, square);
    }
    rest = block_reduce(rest, add) / float(frames);
    square = block_reduce(square, add) - float(frames) * rest * rest;
    const float degrees = frames > 1 ? float(frames - 1) : 1.0f;
    const float factor = 1.0f / (sqrtf(fmaxf(square, 0) / degrees) + float(EPSILON));
    for (u64 i = threadIdx.x; i < frames; i += BLOCK) item[i * STEP] = (item[i * STEP] - mean - rest) * factor;
}
#endif
