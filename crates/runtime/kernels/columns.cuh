// Transforms down the columns of a matrix: C neighbouring columns per block, N = T·P points each, thread = c + C·t.
//
// Like stockham.cuh, but neighbouring lanes hold neighbouring columns, so accesses to global memory are whole lines of C
// values, and the buffer, [point][C + 1], has no bank conflicts for any stride of the passes.

template <int N_, int P_, int R1_, int R2_, int R3_, int C_> struct Columns {
    static constexpr int N = N_, P = P_, T = N_ / P_, C = C_, PITCH = C_ + 1, BLOCK = T * C_, BUFFER = N_ * PITCH;
    using Row = Stockham<N_, P_, R1_, R2_, R3_>;

    template <int R, int L> static DEVICE void exchange(float (&re)[P], float (&im)[P], float2 *buffer, int c, int t) {
        constexpr int G = P / R;
        static_assert(L <= T, "only the last pass is wider than the threads");
        __syncthreads();
#pragma unroll
        for (int q = 0; q < G; q++) {
            const int a = (t / L) * (L * R) + t % L + q * T * R;
#pragma unroll
            for (int m = 0; m < R; m++) buffer[(a + L * m) * PITCH + c] = make_float2(re[q + G * m], im[q + G * m]);
        }
        __syncthreads();
#pragma unroll
        for (int s = 0; s < P; s++) {
            const float2 v = buffer[(t + T * s) * PITCH + c];
            re[s] = v.x, im[s] = v.y;
        }
    }

    static DEVICE void run(float (&re)[P], float (&im)[P], float2 *buffer, const float4 *factors, int c, int t) {
        Row::template pass<R1_, 1>(re, im, factors, t);
        if constexpr (R2_ > 1) {
            exchange<R1_, 1>(re, im, buffer, c, t);
            Row::template pass<R2_, R1_>(re, im, factors, t);
        }
        if constexpr (R3_ > 1) {
            exchange<R2_, R1_>(re, im, buffer, c, t);
            Row::template pass<R3_, R1_ * R2_>(re, im, factors + Row::pairs(R2_, R1_) * Row::width(R1_), t);
        }
    }
};
