// Median over FRAMES neighbouring rows of BINS values that are not negative, times a factor: one bin of a row per thread.
//
//   SORTED: the values in registers, through Batcher's odd-even merge sort (topk.cuh); KEYS: their number, up to a power of two
//   else: the bits of the lower median from the highest down, two at a time, by counting; for an even number also the next
//         larger value
//
// Powers are not negative, so their bits have the order of the numbers. The result is NaN if any value is. Sorting is bounded
// by memory; counting reads every value about twenty times, mostly from the cache.
//
// Constants: FRAMES BINS BLOCK, SORTED KEYS.

#include "dft.cuh"
#include "ordered.cuh"
#include "topk.cuh"

constexpr u32 INFINITE = 0x7f800000u, NOT_A_NUMBER = 0x7fc00000u;

extern "C" __global__ void __launch_bounds__(BLOCK) median(const float *in, float *out, u64 rows, float factor) {
    const u64 i = u64(blockIdx.x) * BLOCK + threadIdx.x;
    if (i >= rows * BINS) return;
    const u32 *from = reinterpret_cast<const u32 *>(in) + (i / BINS * FRAMES * BINS + i % BINS);
    u32 below, above;
    bool broken = false;
#ifdef SORTED
    u32 key[KEYS];
#pragma unroll
    for (int s = 0; s < KEYS; s++) {
        key[s] = s < FRAMES ? from[u64(s) * BINS] : 0;
        broken |= key[s] > INFINITE;
    }
    // Largest first.
    TopK<1, KEYS, KEYS>::template sort<0, KEYS>(key);
    below = key[FRAMES / 2], above = key[(FRAMES - 1) / 2];
#else
    u32 wanted = (FRAMES - 1) / 2;
    below = 0;
#pragma unroll 1
    for (int shift = 30; shift >= 0; shift -= 2) {
        u32 count[3] = {0, 0, 0};
        // Those whose bits above are the same, by their next two.
#pragma unroll 4
        for (int s = 0; s < FRAMES; s++) {
            const u32 x = from[u64(s) * BINS];
            if (shift == 30) broken |= x > INFINITE;
            const u32 rest = (x ^ below) >> shift;
            count[0] += rest == 0, count[1] += rest == 1, count[2] += rest == 2;
        }
        below |= digit_of(count, wanted) << shift;
    }
    above = below;
    if (FRAMES % 2 == 0) {
        u32 next = INFINITE, up_to = 0;
#pragma unroll 4
        for (int s = 0; s < FRAMES; s++) {
            const u32 x = from[u64(s) * BINS];
            up_to += x <= below;
            if (x > below) next = min(next, x);
        }
        if (up_to <= FRAMES / 2) above = next;
    }
#endif
    const float a = __uint_as_float(below), b = __uint_as_float(above);
    out[i] = broken ? __uint_as_float(NOT_A_NUMBER) : (FRAMES % 2 == 1 ? a : 0.5f * a + 0.5f * b) * factor;
}
