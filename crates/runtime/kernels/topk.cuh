// The KP largest of T·V keys, V in the registers of each of T ≤ 32 threads; sorted, largest first.
//
//   every thread sorts its V keys; then, for D = 1, 2, 4 … T/2, the lists of two groups of D threads become one:
//     full merge  while the result has at most KP keys: larger halves stay below, smaller above
//     halving     afterwards: max(A[e], B[last − e]) are the best KP of 2·KP; each thread keeps half as many registers
//     copying     when one register is left: both groups continue with the same list
//   each step results in a bitonic list, which compare-exchanges sort.
//
// Position of key e of a list: its bits are [bits of the lane][bits of the register]. A lane's bit of e is the parity
// of `lane & parity`, and `lane ^ flip` is the lane in which only that bit differs; both are constants of the level.

struct Lists {
    int regs, bits;  // registers per thread, lane bits of a list
    int flip[6], parity[6];  // of every lane bit, most significant first
    __device__ constexpr int all() const {
        int x = 0;
        for (int i = 0; i < bits; i++) x ^= flip[i];
        return x;
    }
    __device__ constexpr int length() const { return regs << bits; }
};

template <int T, int V, int KP> struct TopK {
    // The lists before the merge of level `level`.
    static __device__ constexpr Lists lists(int level) {
        Lists l = {V < KP ? V : KP, 0, {}, {}};
        for (int i = 0; i < level; i++) {
            const int d = 1 << i;
            if (2 * l.length() <= KP) {
                for (int b = l.bits; b > 0; b--) l.flip[b] = l.flip[b - 1], l.parity[b] = l.parity[b - 1];
                l.flip[0] = l.parity[0] = d;
                l.bits++;
            } else if (l.regs > 1) {
                const int all = l.all() ^ d;
                for (int b = 0; b < l.bits; b++) l.parity[b] ^= d;
                l.flip[l.bits] = all, l.parity[l.bits] = d;
                l.bits++;
                l.regs /= 2;
            }
        }
        return l;
    }
    static __device__ constexpr int levels() {
        int n = 0;
        while ((1 << n) < T) n++;
        return n;
    }
    static __device__ constexpr Lists last() { return lists(levels()); }
    static constexpr int LENGTH = T * V < KP ? T * V : KP;

    static DEVICE bool odd(int lane, int mask) { return __popc(lane & mask) & 1; }

    static DEVICE void order(u32 &a, u32 &b) {
        const u32 high = max(a, b);
        b = min(a, b);
        a = high;
    }

    // Batcher's odd-even merge sort, largest first: halves, then their merge at strides 1, 2, 4 …
    template <int LOW, int N, int STRIDE> static DEVICE void odd_even_merge(u32 (&a)[V]) {
        if constexpr (2 * STRIDE < N) {
            odd_even_merge<LOW, N, 2 * STRIDE>(a);
            odd_even_merge<LOW + STRIDE, N, 2 * STRIDE>(a);
#pragma unroll
            for (int i = LOW + STRIDE; i + STRIDE < LOW + N; i += 2 * STRIDE) order(a[i], a[i + STRIDE]);
        } else {
            order(a[LOW], a[LOW + STRIDE]);
        }
    }
    template <int LOW, int N> static DEVICE void sort(u32 (&a)[V]) {
        if constexpr (N > 1) {
            sort<LOW, N / 2>(a);
            sort<LOW + N / 2, N / 2>(a);
            odd_even_merge<LOW, N, 1>(a);
        }
    }

    // Bitonic lists of `l` into order.
    template <int LEVEL> static DEVICE void settle(u32 (&a)[V], int lane, int skip) {
        constexpr Lists l = lists(LEVEL);
        constants<l.bits>([&](auto bit) {
            constexpr int flip = lists(LEVEL).flip[decltype(bit)::value], parity = lists(LEVEL).parity[decltype(bit)::value];
            if (decltype(bit)::value >= skip) {
                const bool low = !odd(lane, parity);
#pragma unroll
                for (int r = 0; r < l.regs; r++) {
                    const u32 other = __shfl_xor_sync(~0u, a[r], flip);
                    a[r] = low ? max(a[r], other) : min(a[r], other);
                }
            }
        });
#pragma unroll
        for (int h = l.regs / 2; h >= 1; h /= 2)
#pragma unroll
            for (int r = 0; r < l.regs; r++)
                if (!(r & h)) order(a[r], a[r + h]);
    }

    template <int LEVEL> static DEVICE void merge(u32 (&a)[V], u32 &refused, int lane) {
        if constexpr (LEVEL < levels()) {
            constexpr Lists l = lists(LEVEL);
            constexpr int d = 1 << LEVEL, all = l.all() ^ d, v = l.regs;
            const bool low = !(lane & d);
            if constexpr (2 * l.length() <= KP) {
                u32 other[v];
#pragma unroll
                for (int r = 0; r < v; r++) other[r] = __shfl_xor_sync(~0u, a[v - 1 - r], all);
#pragma unroll
                for (int r = 0; r < v; r++) a[r] = low ? max(a[r], other[r]) : min(a[r], other[r]);
                settle<LEVEL + 1>(a, lane, 1);
            } else if constexpr (v > 1) {
                constexpr int h = v / 2;
                u32 best[h];
#pragma unroll
                for (int r = 0; r < h; r++) {
                    const u32 keep = low ? a[r] : a[h - 1 - r], send = low ? a[h + r] : a[v - 1 - r];
                    const u32 other = __shfl_xor_sync(~0u, send, all);
                    best[r] = max(keep, other);
                    refused = max(refused, min(keep, other));
                }
#pragma unroll
                for (int r = 0; r < h; r++) a[r] = best[r];
                settle<LEVEL + 1>(a, lane, 0);
            } else {
                const u32 other = __shfl_xor_sync(~0u, a[0], all);
                refused = max(refused, min(a[0], other));
                a[0] = max(a[0], other);
                settle<LEVEL + 1>(a, lane, 0);
            }
            merge<LEVEL + 1>(a, refused, lane);
        }
    }

    // Writes the list to `list[LENGTH]`; `refused` becomes the largest key that is not in it, or stays.
    static DEVICE void run(u32 (&a)[V], u32 &refused, u32 *list, int lane) {
        sort<0, V>(a);
        if constexpr (KP < V) refused = max(refused, a[KP]);
        merge<0>(a, refused, lane);
        if constexpr (LENGTH < T * V) {
#pragma unroll
            for (int d = 1; d < T; d *= 2) refused = max(refused, __shfl_xor_sync(~0u, refused, d));
        }
        constexpr Lists l = last();
        int e = 0;
        constants<l.bits>([&](auto bit) { e = 2 * e + odd(lane, last().parity[decltype(bit)::value]); });
#pragma unroll
        for (int r = 0; r < l.regs; r++) list[e * l.regs + r] = a[r];
    }
};
