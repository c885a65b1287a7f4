// Local maxima of rows of powers with the conditions of scipy.signal.find_peaks, the strongest first.
//
//   one block per row; the row in shared memory
//   every bin: is it the middle of a flat top above both shoulders? height, threshold
//   distance (if defined): repeatedly, the strongest undecided peak removes the peaks near it
//   prominence, width: one thread per peak walks to both sides
//   output: repeatedly, the strongest remaining peak: (bin, power), or with SUB_BIN (position, power at it); slots
//   without a peak are (−1, 0)
//
// Conditions are computed in f64, as in the library. Bounded by the walks and by the latency of maxima over the block.
//
// Constants: BLOCK, BINS, SLOTS; HEIGHT, THRESHOLD, DISTANCE (bins), PROMINENCE, WIDTH if wanted;
// SUB_BIN_PARABOLIC | SUB_BIN_HANN.

#include "dft.cuh"

constexpr int WARPS = BLOCK / 32;
#if defined(PROMINENCE) || defined(WIDTH)
#define WALKS
#endif

// The largest of the block's keys; 0 where there is none.
DEVICE u64 block_max(u64 key, u64 *shared) {
#pragma unroll
    for (int d = 16; d >= 1; d /= 2) {
        const u64 other = __shfl_xor_sync(~0u, key, d);
        key = max(key, other);
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = key;
    __syncthreads();
    key = shared[0];
    for (int i = 1; i < WARPS; i++) key = max(key, shared[i]);
    return key;
}

// Order of a power, which may be negative where it is a logarithm.
DEVICE u64 rank(float x) {
    const u32 b = __float_as_uint(x);
    return b >> 31 ? ~b : b | 0x80000000u;
}

// First crossing of `height` from `peak` towards `base`.
DEVICE double crossing(const float *x, double height, int peak, int base, int step) {
    double position = peak;
    for (int i = peak;; i += step) {
        const double value = x[i];
        position = i;
        if (!(height < value)) {
            if (i != peak && value < height) position -= step * ((height - value) / (double(x[i - step]) - value));
            break;
        }
        if (i == base) break;
    }
    return position;
}

extern "C" __global__ void __launch_bounds__(BLOCK)
local_peaks(const float *powers, float2 *out, u64 rows) {
    extern __shared__ float x[];
    __shared__ u64 keys[WARPS];
    unsigned char *state = reinterpret_cast<unsigned char *>(x + BINS);  // 0 none, 1 peak, 2 peak that has cleared
    const u64 row = blockIdx.x;
    const float *from = powers + row * BINS;
    for (int i = threadIdx.x; i < BINS; i += BLOCK) x[i] = from[i], state[i] = 0;
    __syncthreads();

    for (int i = threadIdx.x + 1; i < BINS - 1; i += BLOCK) {
        if (!(x[i - 1] < x[i])) continue;
        int ahead = i + 1;
        while (ahead < BINS - 1 && x[ahead] == x[i]) ahead++;
        if (!(x[ahead] < x[i])) continue;
        const int peak = (i + ahead - 1) / 2;
        bool keep = true;
#ifdef HEIGHT
        keep = keep && double(HEIGHT) <= double(x[peak]);
#endif
#ifdef THRESHOLD
        const double left = double(x[peak]) - double(x[peak - 1]), right = double(x[peak]) - double(x[peak + 1]);
        keep = keep && double(THRESHOLD) <= left && double(THRESHOLD) <= right;
#endif
        if (keep) state[peak] = 1;
    }
    __syncthreads();

#ifdef DISTANCE
    while (true) {
        // Of equal heights the later one goes first.
        u64 key = 0;
        for (int i = threadIdx.x; i < BINS; i += BLOCK)
            if (state[i] == 1) key = max(key, rank(x[i]) << 32 | u32(i + 1));
        key = block_max(key, keys);
        if (key == 0) break;
        const int peak = int(u32(key)) - 1;
        for (int i = threadIdx.x; i < BINS; i += BLOCK)
            if (i != peak && (i < peak ? peak - i : i - peak) < DISTANCE) state[i] = 0;
        if (threadIdx.x == 0) state[peak] = 2;
        __syncthreads();
    }
#endif

#ifdef WALKS
    for (int i = threadIdx.x; i < BINS; i += BLOCK) {
        if (!state[i]) continue;
        int left = i, right = i;
        for (int j = i; j >= 0 && x[j] <= x[i]; j--)
            if (x[j] < x[left]) left = j;
        for (int j = i; j < BINS && x[j] <= x[i]; j++)
            if (x[j] < x[right]) right = j;
        const double top = x[i], prominence = top - double(x[left] > x[right] ? x[left] : x[right]);
        bool keep = true;
#ifdef PROMINENCE
        keep = keep && double(PROMINENCE) <= prominence;
#endif
#ifdef WIDTH
        const double height = top - 0.5 * prominence;
        keep = keep && double(WIDTH) <= crossing(x, height, i, right, 1) - crossing(x, height, i, left, -1);
#endif
        if (!keep) state[i] = 0;
    }
    __syncthreads();
#endif

    float2 *to = out + row * SLOTS;
    for (int slot = 0; slot < SLOTS; slot++) {
        // Of equal powers the lower bin first.
        u64 key = 0;
        for (int i = threadIdx.x; i < BINS; i += BLOCK)
            if (state[i]) key = max(key, rank(x[i]) << 32 | u32(BINS - i));
        key = block_max(key, keys);
        if (key == 0) {
            for (int i = slot + threadIdx.x; i < SLOTS; i += BLOCK) to[i] = make_float2(-1, 0);
            return;
        }
        const int peak = BINS - int(u32(key));
        if (threadIdx.x == 0) {
            state[peak] = 0;
            float at = float(peak), power = x[peak];
#if defined(SUB_BIN_PARABOLIC)
            // As the library: logs relative to the peak; a peak whose neighbours have no logarithm stays.
            const float a = logf(x[peak - 1] / power), c = logf(x[peak + 1] / power), bend = a + c;
            if (x[peak - 1] > 0 && x[peak + 1] > 0 && bend < 0 && bend > -1e30f) {
                const float offset = 0.5f * (a - c) / bend;
                at += offset;
                power *= expf(-0.25f * (a - c) * offset);
            }
#elif defined(SUB_BIN_HANN)
            if (x[peak - 1] >= 0 && x[peak + 1] >= 0 && power > 0) {
                const float low = sqrtf(x[peak - 1]), mid = sqrtf(power), high = sqrtf(x[peak + 1]);
                const float d = 2 * (high - low) / (low + 2 * mid + high), y = 9.8696044010893586f * d * d;
                // sinc(d) = Σ (−y)ⁿ / (2n+1)!, below 1e-7 for |d| ≤ 2/3.
                float term = 1, sinc = 1;
#pragma unroll
                for (int n = 1; n <= 7; n++) {
                    term *= -y / float(2 * n * (2 * n + 1));
                    sinc += term;
                }
                const float lobe = sinc / (1 - d * d);
                at += d;
                power /= lobe * lobe;
            }
#endif
            to[slot] = make_float2(at, power);
        }
        __syncthreads();
    }
}
