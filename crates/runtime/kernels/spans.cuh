// Runs of floats between memory and shared memory, by all threads of a block.
//
// Rows of n/2 + 1 bins begin and end inside lines, the rows of a block together only at two places. The copy in shared memory
// lies as far from a multiple of 16 bytes as the run in memory (`skew`): so all but three floats at either end move 16 bytes
// a thread, and a warp whole lines.

DEVICE int skew(const float *p) { return int(reinterpret_cast<u64>(p) / 4 % 4); }

DEVICE u32 shared_address(const void *p) { return u32(__cvta_generic_to_shared(p)); }

// A run of at most MOST floats by THREADS threads.
template <int THREADS, int MOST> struct Span {
    int head, quads, tail, first;  // floats, groups of four, floats; the thread's first group, below 0 for those before a line

    DEVICE Span(const float *memory, int count) {
        head = min((4 - skew(memory)) % 4, count), quads = (count - head) / 4, tail = count - head - 4 * quads;
        first = int(threadIdx.x) - int(reinterpret_cast<u64>(memory + head) / 16 % 8);
    }

    // Calls four(i) for the groups of four and one(i) for the rest, i their first float.
    template <class Four, class One> DEVICE void each(Four &&four, One &&one) const {
#pragma unroll
        for (int e = 0; e < (MOST / 4 + 7 + THREADS - 1) / THREADS; e++) {
            const int i = first + e * THREADS;
            if (i >= 0 && i < quads) four(head + 4 * i);
        }
        const int t = threadIdx.x;
        if (t < head) one(t);
        if (t < tail) one(head + 4 * quads + t);
    }
};

template <int THREADS, int MOST> DEVICE void store_span(float *to, const float *from, int count) {
    Span<THREADS, MOST>(to, count)
        .each([&](int i) { *reinterpret_cast<float4 *>(to + i) = *reinterpret_cast<const float4 *>(from + i); },
              [&](int i) { to[i] = from[i]; });
}

// Ended by spans_loaded().
template <int THREADS, int MOST> DEVICE void load_span(float *to, const float *from, int count) {
#if __CUDA_ARCH__ >= 800
    Span<THREADS, MOST>(from, count)
        .each(
            [&](int i) {
                asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to + i)), "l"(from + i) : "memory");
            },
            [&](int i) {
                asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(shared_address(to + i)), "l"(from + i) : "memory");
            });
#else
    Span<THREADS, MOST>(from, count)
        .each([&](int i) { *reinterpret_cast<float4 *>(to + i) = *reinterpret_cast<const float4 *>(from + i); },
              [&](int i) { to[i] = from[i]; });
#endif
}

DEVICE void spans_loaded() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_all;" ::: "memory");
#endif
    __syncthreads();
}
