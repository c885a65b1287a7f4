// Copies contiguous floats from shared memory to memory, by all threads of a block.
//
//   span_written();  __syncthreads();  store_span(…) once or more;  spans_read()
//
// Rows of n/2 + 1 bins start and end inside memory lines; the contiguous rows of a block do so only twice. The copy in
// shared memory has the same offset from a multiple of 16 bytes as the destination (`skew`), so all but three floats at
// either end are one bulk copy by the copy engine of the multiprocessor, or, on devices without one, stores of 16 bytes per
// thread and whole lines per warp.

DEVICE int skew(const float *p) { return int(reinterpret_cast<u64>(p) / 4 % 4); }

#if __CUDA_ARCH__ >= 900
DEVICE void span_written() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// The groups of four: `quads` of them.
template <int THREADS, int MOST> DEVICE void store_quads(float *to, const float *from, int quads) {
    if (threadIdx.x > 0 || quads == 0) return;
    const u32 at = u32(__cvta_generic_to_shared(from));
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(to), "r"(at), "r"(quads * 16) : "memory");
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

// Shared memory outlives the copies out of it.
DEVICE void spans_read() {
    if (threadIdx.x == 0) asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
}
#else
DEVICE void span_written() {}

template <int THREADS, int MOST> DEVICE void store_quads(float *to, const float *from, int quads) {
    const int first = int(threadIdx.x) - int(reinterpret_cast<u64>(to) / 16 % 8);
#pragma unroll
    for (int e = 0; e < (MOST / 4 + 7 + THREADS - 1) / THREADS; e++) {
        const int i = first + e * THREADS;
        if (i >= 0 && i < quads) reinterpret_cast<float4 *>(to)[i] = reinterpret_cast<const float4 *>(from)[i];
    }
}

DEVICE void spans_read() {}
#endif

// A run of at most MOST floats by THREADS threads.
template <int THREADS, int MOST> DEVICE void store_span(float *to, const float *from, int count) {
    const int head = min((4 - skew(to)) % 4, count), quads = (count - head) / 4, tail = head + 4 * quads, t = threadIdx.x;
    store_quads<THREADS, MOST>(to + head, from + head, quads);
    if (t < head) to[t] = from[t];
    if (t < count - tail) to[tail + t] = from[tail + t];
}
