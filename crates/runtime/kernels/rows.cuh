// Assignment of threads to rows if T threads hold a row: 32/T rows per warp, or T/32 warps per row.
//
// If T is not a power of two, the last lanes of a warp repeat the first threads of the last row and write the same values.

template <int T, int COUNT> struct Rows {
    static constexpr int PER_WARP = T <= 32 ? 32 / T : 1;
    static constexpr int BLOCK = T <= 32 ? COUNT / PER_WARP * 32 : COUNT * T;
    static constexpr bool WHOLE_WARPS = T > 32 || 32 % T == 0;
    static_assert(COUNT % PER_WARP == 0, "whole warps");

    int t, local, base;  // thread of its row, row of the block, the row's first lane of the warp
    bool first;          // no repeating lane

    DEVICE Rows() {
        if constexpr (T > 32) {
            t = threadIdx.x % T, local = threadIdx.x / T, base = 0, first = true;
        } else {
            const int lane = threadIdx.x % 32, group = WHOLE_WARPS ? lane / T : min(lane / T, PER_WARP - 1);
            base = group * T;
            t = WHOLE_WARPS ? lane - base : (lane - base) % T;
            local = int(threadIdx.x / 32) * PER_WARP + group;
            first = WHOLE_WARPS || lane < T * PER_WARP;
        }
    }

    // Sum over the row's threads; `buffer` has a float for each of its warps.
    DEVICE float sum(float v, float *buffer) const {
        if constexpr (!WHOLE_WARPS) {
            const float mine = v;
            int at = t;
#pragma unroll
            for (int d = 1; d < T; d++) {
                at = at + 1 == T ? 0 : at + 1;
                v += __shfl_sync(~0u, mine, base + at);
            }
            return v;
        }
#pragma unroll
        for (int d = 1; d < (T < 32 ? T : 32); d *= 2) v += __shfl_xor_sync(~0u, v, d);
        if constexpr (T > 32) {
            __syncthreads();
            if (t % 32 == 0) buffer[t / 32] = v;
            __syncthreads();
            v = buffer[0];
#pragma unroll
            for (int w = 1; w < T / 32; w++) v += buffer[w];
        }
        return v;
    }
};
