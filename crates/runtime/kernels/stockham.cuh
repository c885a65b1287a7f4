// A complex transform of N = T·P points by T threads of P points each, in up to three passes.
//
//   thread t holds points t + T·s (s = 0 … P−1) before every pass and bins t + T·s after the last one
//   pass with radix R, L = product of the radices before:
//     butterfly b = t + T·q takes registers q + (P/R)·j, times w_{LR}^{(b mod L)·j}
//     its outputs go to (b / L)·L·R + b mod L + L·m; an exchange through shared memory returns them to t + T·s
//
// Shared memory: complex values, with two values of padding after every R1 of them. Pass 1 then writes 16 bytes per lane, and
// no access has bank conflicts. The factors are float4 (two per load), [factor pair][lane], in the order of use.

template <int N_, int P_, int R1_, int R2_, int R3_> struct Stockham {
    static constexpr int N = N_, P = P_, T = N_ / P_, R1 = R1_, R2 = R2_, R3 = R3_;
    static_assert(R1 * R2 * R3 == N && N % P == 0 && P % R1 == 0 && P % R2 == 0 && P % R3 == 0, "plan");
    // Rows that share a warp start on different banks.
    static constexpr int PLAIN = N + 2 * (N / R1);
    static constexpr int BUFFER = PLAIN + (T == 8 ? (24 - PLAIN % 16) % 16 : T == 4 ? (20 - PLAIN % 16) % 16 : PLAIN % 2);

    static DEVICE void sync() {
        if constexpr (T <= 32) __syncwarp();
        else __syncthreads();
    }

    // Float4 entries of the factors of a pass.
    static constexpr int pairs(int r, int l) { return ((l > T ? l / T : 1) * (r - 1) + 1) / 2; }
    static constexpr int width(int l) { return l < T ? l : T; }

    template <int R, int L> static DEVICE void pass(float (&re)[P], float (&im)[P], const float4 *factors, int t) {
        constexpr int G = P / R, C = L > T ? L / T : 1;
        if constexpr (L > 1) {
            const int k = L < T ? t % L : t;
#pragma unroll
            for (int e = 0; e < pairs(R, L); e++) {
                const float4 two = factors[e * width(L) + k];
#pragma unroll
                for (int half = 0; half < 2; half++) {
                    const int c = (2 * e + half) / (R - 1), j = (2 * e + half) % (R - 1) + 1;
                    const float wr = half ? two.z : two.x, wi = half ? two.w : two.y;
                    if (c < C) {
#pragma unroll
                        for (int q = c; q < G; q += C) {
                            float &a = re[q + G * j], &b = im[q + G * j];
                            const float x = a * wr - b * wi;
                            b = a * wi + b * wr;
                            a = x;
                        }
                    }
                }
            }
        }
#pragma unroll
        for (int q = 0; q < G; q++) {
            float xr[R], xi[R];
#pragma unroll
            for (int j = 0; j < R; j++) xr[j] = re[q + G * j], xi[j] = im[q + G * j];
            dft<R>(xr, xi);
#pragma unroll
            for (int j = 0; j < R; j++) re[q + G * j] = xr[j], im[q + G * j] = xi[j];
        }
    }

    static DEVICE int place(int a) { return a + 2 * (a / R1); }

    // place(t + T·s), the part that depends on s folded into a constant
    static DEVICE int mine(int t, int s) {
        if constexpr (T % R1 == 0) return place(t) + s * (T + 2 * (T / R1));
        else if constexpr (R1 % T == 0) return t + T * s + 2 * (T * s / R1);
        else return place(t + T * s);
    }

    template <int R, int L> static DEVICE void exchange(float (&re)[P], float (&im)[P], float2 *buffer, int t) {
        constexpr int G = P / R;
        static_assert(L <= T, "only the last pass is wider than the threads");
        sync();  // the buffer's last readers are done
#pragma unroll
        for (int q = 0; q < G; q++) {
            if constexpr (L == 1) {
                float4 *to = reinterpret_cast<float4 *>(buffer + place(R * t) + q * (T * R + 2 * (T * R / R1)));
#pragma unroll
                for (int m = 0; m < R; m += 2)
                    to[m / 2] = make_float4(re[q + G * m], im[q + G * m], re[q + G * (m + 1)], im[q + G * (m + 1)]);
            } else {
                const int a = (t / L) * (L * R) + t % L + q * T * R;
#pragma unroll
                for (int m = 0; m < R; m++) {
                    const int at = L % R1 == 0 ? place(a) + m * (L + 2 * (L / R1)) : place(a + L * m);
                    buffer[at] = make_float2(re[q + G * m], im[q + G * m]);
                }
            }
        }
        sync();
#pragma unroll
        for (int s = 0; s < P; s++) {
            const float2 v = buffer[mine(t, s)];
            re[s] = v.x, im[s] = v.y;
        }
    }

    static DEVICE void run(float (&re)[P], float (&im)[P], float2 *buffer, const float4 *factors, int t) {
        pass<R1, 1>(re, im, factors, t);
        if constexpr (R2 > 1) {
            exchange<R1, 1>(re, im, buffer, t);
            pass<R2, R1>(re, im, factors, t);
        }
        if constexpr (R3 > 1) {
            exchange<R2, R1>(re, im, buffer, t);
            pass<R3, R1 * R2>(re, im, factors + pairs(R2, R1) * width(R1), t);
        }
    }
};
