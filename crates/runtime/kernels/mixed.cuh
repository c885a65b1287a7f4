// A complex transform of N points by T threads, in passes of any radices, values between the passes in shared memory.
//
//   pass with radix R, L = product of the radices before, B = N/R butterflies:
//     butterfly b = t + T·u takes values b + B·j, times w_{LR}^{(b mod L)·j}
//     its outputs go to (b / L)·L·R + b mod L + L·m; after the last pass that is b + B·m: natural order
//
// T need not divide B: threads without a butterfly are idle. Rows of up to 32 threads (a power of two) are in one warp; longer
// rows have whole warps. Values are held in registers while the buffer is rewritten, so one buffer of N is enough. The layout
// of the factors is [j − 1][b mod L], pass after pass.

template <int T> DEVICE void row_sync() {
    if constexpr (T <= 32) __syncwarp();
    else __syncthreads();
}

// Writes of small even strides would meet on few banks: one place is left free after each 16.
template <bool PADDED> DEVICE int mixed_place(int i) { return PADDED ? i + (i >> 4) : i; }
__device__ constexpr int mixed_buffer(int n) { return n + n / 16 + 1; }

template <int N, int T, int L, int R, int... Rest> struct Mixed {
    static constexpr int RADIX = R;
    static constexpr int B = N / R, PER = (B + T - 1) / T;
    static constexpr bool LAST = sizeof...(Rest) == 0, FULL = B % T == 0;
    static_assert(N % (L * R) == 0, "radices");

    static DEVICE bool works(int t, int u) { return FULL || t + T * u < B; }

    static DEVICE void butterflies(float (&re)[PER][R], float (&im)[PER][R], const float2 *factors, int t) {
#pragma unroll
        for (int u = 0; u < PER; u++) {
            if constexpr (L > 1) {
                const int b = t + T * u, k = works(t, u) ? (B == L ? b : b % L) : 0;
#pragma unroll
                for (int j = 1; j < R; j++) {
                    const float2 w = __ldg(factors + (j - 1) * L + k);
                    const float x = re[u][j] * w.x - im[u][j] * w.y;
                    im[u][j] = re[u][j] * w.y + im[u][j] * w.x;
                    re[u][j] = x;
                }
            }
            dft<R>(re[u], im[u]);
        }
    }

    // Values of this pass in registers; `out(pass, re, im)` receives the results of the last pass, when the buffer is
    // no longer read.
    template <class Out>
    static DEVICE void run(float (&re)[PER][R], float (&im)[PER][R], float2 *buffer, const float2 *factors, int t, Out &&out) {
        butterflies(re, im, factors, t);
        row_sync<T>();
        if constexpr (LAST) {
            out(Mixed(), re, im);
        } else {
            using Next = Mixed<N, T, L * R, Rest...>;
            float next_re[Next::PER][Next::RADIX], next_im[Next::PER][Next::RADIX];
            hand_over<Next>(re, im, next_re, next_im, buffer, t);
            Next::run(next_re, next_im, buffer, factors + (L > 1 ? (R - 1) * L : 0), t, out);
        }
    }

    // What this pass made becomes what another takes.
    template <class Next>
    static DEVICE void hand_over(const float (&re)[PER][R], const float (&im)[PER][R], float (&next_re)[Next::PER][Next::RADIX],
                                 float (&next_im)[Next::PER][Next::RADIX], float2 *buffer, int t) {
        constexpr bool PADDED = L < 16 && R % 2 == 0 && !LAST;
        each(t, [&](int u, int m, int place) { buffer[mixed_place<PADDED>(place)] = make_float2(re[u][m], im[u][m]); });
        row_sync<T>();
#pragma unroll
        for (int u = 0; u < Next::PER; u++) {
            // Threads without a butterfly take the values of the first one.
            const int b = Next::works(t, u) ? t + T * u : 0;
#pragma unroll
            for (int j = 0; j < Next::RADIX; j++) {
                const float2 v = buffer[mixed_place<PADDED>(b + Next::B * j)];
                next_re[u][j] = v.x, next_im[u][j] = v.y;
            }
        }
    }

    // Calls f(u, m, place) for every output.
    template <class F> static DEVICE void each(int t, F &&f) {
#pragma unroll
        for (int u = 0; u < PER; u++)
            if (works(t, u)) {
                const int b = t + T * u, base = b / L * (L * R) + b % L;
#pragma unroll
                for (int m = 0; m < R; m++) f(u, m, base + L * m);
            }
    }
};
