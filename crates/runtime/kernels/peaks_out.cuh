// From a sorted list of keys to packed peaks, exact on the row's own f32 powers.
//
// A key is a power's bits with HALF − 1 − bin in the low bits: keys order by power, then by the lower bin, but powers
// that differ only in the low bits (a "bucket") may be in the wrong order or, at the K-th place, left out.
//
//   if the K-th place and the best key left out share a bucket: fill the list's part of it from all powers
//   if neighbours are in the wrong order: rank within the bucket
//   the bin HALF (Nyquist) has no code in a key: it is inserted last, after equal powers
//
// G threads (a power of two, whole warps' lanes at once) do this for one row; lists of different rows may share a warp.

template <int G, int HALF, int LENGTH, int K> struct PeaksOut {
    static constexpr int COUNT = K < LENGTH ? K : LENGTH;
    static constexpr u32 LOW = HALF - 1, HIGH = ~LOW;

    static DEVICE int bin(u32 key) { return LOW - (key & LOW); }

    static DEVICE void fill_bucket(u32 *list, const float *power, bool unclear, int lane) {
        const u32 bucket = list[COUNT - 1] & HIGH;
        int at = COUNT - 1;
        while (at > 0 && (list[at - 1] & HIGH) == bucket) at--;
        u64 before = ~0ull;
        __syncwarp();
        for (; __any_sync(~0u, unclear && at < COUNT); at++) {
            u64 best = 0;
            for (int b = lane; b < HALF; b += G) {
                const u32 bits = __float_as_uint(power[b]);
                const u64 full = u64(bits) << 32 | (LOW - b);
                if ((bits & HIGH) == bucket && full < before && full > best) best = full;
            }
#pragma unroll
            for (int d = 1; d < G; d *= 2) best = max(best, __shfl_xor_sync(~0u, best, d));
            if (unclear && at < COUNT && lane == 0) list[at] = bucket | u32(best);
            before = best;
        }
        __syncwarp();
    }

    static DEVICE void rank(const u32 *list, u32 *ranked, const float *power, int lane) {
        for (int i = lane; i < COUNT; i += G) {
            const u32 key = list[i];
            const float p = power[bin(key)];
            int to = i;
            for (int j = i - 1; j >= 0 && ((list[j] ^ key) & HIGH) == 0; j--) to -= power[bin(list[j])] < p;
            for (int j = i + 1; j < COUNT && ((list[j] ^ key) & HIGH) == 0; j++) to += power[bin(list[j])] > p;
            ranked[to] = key;
        }
        __syncwarp();
    }

    // `power[0 … HALF]`, `list[LENGTH]`, room for as many in `ranked`; `refused`: the best key not in the list.
    static DEVICE void write(u32 *list, u32 *ranked, const float *power, u32 refused, float2 *out, bool live, int lane) {
        if constexpr (LENGTH < HALF) {
            const u32 next = K < LENGTH ? list[K] : refused;
            const bool unclear = ((next ^ list[COUNT - 1]) & HIGH) == 0;
            if (__any_sync(~0u, unclear)) fill_bucket(list, power, unclear, lane);
        }
        bool wrong = false;
#pragma unroll 1
        for (int i = lane; i < COUNT; i += G)
            wrong |= i > 0 && power[bin(list[i > 0 ? i - 1 : 0])] < power[bin(list[i])];
        if (__any_sync(~0u, wrong)) {
            rank(list, ranked, power, lane);
            list = ranked;
        }
        if (!live) return;
        const float nyquist = power[HALF];
#pragma unroll 1
        for (int i = lane; i < COUNT; i += G) {
            const int b = bin(list[i]);
            const float p = power[b];
            const int to = i + (p < nyquist);
            if (to < K) out[to] = make_float2(float(b), p);
            const bool first = to > i && (i == 0 || !(power[bin(list[i > 0 ? i - 1 : 0])] < nyquist));
            if (first) out[i] = make_float2(float(HALF), nyquist);
            if (i == COUNT - 1 && to == i && COUNT < K) out[COUNT] = make_float2(float(HALF), nyquist);
        }
    }
};
