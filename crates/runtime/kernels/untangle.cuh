// Converts between the spectrum Z of z[m] = x[2m] + i·x[2m+1] (M points) and the one-sided spectrum X of the 2M real x.
//
//   with A = Z_k, B = Z_{M−k}:  E = A + B*,  V = −i·w^k·(A − B*),  w = exp(−2πi/2M)
//   2·X_k = E + V,  2·X_{M−k} = (E − V)*;  X_{M/2} = Z_{M/2}*
//
// Thread t of a row's T threads holds Z_{t + T·s}. It processes the pairs k = t + T·s, s < P/2; the partners come from
// thread T − t (thread 0: its own), by shuffles within a warp or through the row's buffer. Thread 0 also has M/2.

template <class Plan> struct Untangle {
    static constexpr int P = Plan::P, T = Plan::T, M = Plan::N, H = P / 2;

    // Partners Z_{M−k} of the pairs.
    static DEVICE void partners(const float (&re)[P], const float (&im)[P], float (&br)[H], float (&bi)[H], float2 *buffer,
                                int t, int base) {
        if constexpr (T <= 32) {
            const int from = base + (t == 0 ? 0 : T - t);
#pragma unroll
            for (int s = 0; s < H; s++) {
                const float x = t == 0 ? re[(P - s) % P] : re[P - 1 - s], y = t == 0 ? im[(P - s) % P] : im[P - 1 - s];
                br[s] = T == 1 ? x : __shfl_sync(~0u, x, from), bi[s] = T == 1 ? y : __shfl_sync(~0u, y, from);
            }
        } else {
            Plan::sync();
#pragma unroll
            for (int s = H; s < P; s++) buffer[t + T * (s - H)] = make_float2(re[s], im[s]);
            Plan::sync();
#pragma unroll
            for (int s = 0; s < H; s++) {
                const float2 v = s == 0 && t == 0 ? make_float2(re[0], im[0]) : buffer[M / 2 - t - T * s];
                br[s] = v.x, bi[s] = v.y;
            }
        }
    }

    // Calls each(s, 2·X_k, 2·X_{M−k}) for the pairs k = t + T·s.
    template <class F>
    static DEVICE void forward(const float (&re)[P], const float (&im)[P], float2 *buffer, const float4 *factors, int t, int base,
                               F &&each) {
        float br[H], bi[H];
        partners(re, im, br, bi, buffer, t, base);
        pairs(re, im, br, bi, factors, t, each);
    }

    // The same, the partners at hand.
    template <class F>
    static DEVICE void pairs(const float (&re)[P], const float (&im)[P], const float (&br)[H], const float (&bi)[H],
                             const float4 *factors, int t, F &&each) {
#pragma unroll
        for (int e = 0; e < H / 2; e++) {
            const float4 two = __ldg(factors + e * T + t);
#pragma unroll
            for (int half = 0; half < 2; half++) {
                const int s = 2 * e + half;
                const float wr = half ? two.z : two.x, wi = half ? two.w : two.y;
                const float er = re[s] + br[s], ei = im[s] - bi[s], dr = re[s] - br[s], di = im[s] + bi[s];
                const float vr = di * wr + dr * wi, vi = di * wi - dr * wr;
                each(s, make_float2(er + vr, ei + vi), make_float2(er - vr, vi - ei));
            }
        }
    }

    // The way back: 2·Z from X. `low[s]`, `high[s]` are X_k and X_{M−k}; `middle` is X_{M/2}, of thread 0.
    static DEVICE void inverse(float (&re)[P], float (&im)[P], const float2 (&low)[H], const float2 (&high)[H], float2 middle,
                               float2 *buffer, const float4 *factors, int t, int base) {
        float br[H], bi[H];
#pragma unroll
        for (int e = 0; e < H / 2; e++) {
            const float4 two = __ldg(factors + e * T + t);
#pragma unroll
            for (int half = 0; half < 2; half++) {
                const int s = 2 * e + half;
                const float wr = half ? two.z : two.x, wi = half ? two.w : two.y;
                const float2 a = low[s], b = high[s];
                const float er = a.x + b.x, ei = a.y - b.y, dr = a.x - b.x, di = a.y + b.y;
                const float vr = dr * wr + di * wi, vi = di * wr - dr * wi;
                re[s] = er - vi, im[s] = ei + vr;
                br[s] = er + vi, bi[s] = vr - ei;
            }
        }
        if constexpr (T <= 32) {
            const int from = base + (t == 0 ? 0 : T - t);
            float xr[H], xi[H];
#pragma unroll
            for (int s = 0; s < H; s++) {
                xr[s] = T == 1 ? br[s] : __shfl_sync(~0u, br[s], from), xi[s] = T == 1 ? bi[s] : __shfl_sync(~0u, bi[s], from);
            }
#pragma unroll
            for (int s = 0; s < H; s++) {
                // Register H + s: of thread 0 the partner of pair H − s, of the others that of pair H − 1 − s.
                const float ownr = s == 0 ? 2 * middle.x : xr[H - s], owni = s == 0 ? -2 * middle.y : xi[H - s];
                re[H + s] = t == 0 ? ownr : xr[H - 1 - s], im[H + s] = t == 0 ? owni : xi[H - 1 - s];
            }
        } else {
            Plan::sync();
#pragma unroll
            for (int s = 0; s < H; s++)
                if (s > 0 || t > 0) buffer[M / 2 - t - T * s] = make_float2(br[s], bi[s]);
            if (t == 0) buffer[0] = make_float2(2 * middle.x, -2 * middle.y);
            Plan::sync();
#pragma unroll
            for (int s = H; s < P; s++) {
                const float2 v = buffer[t + T * (s - H)];
                re[s] = v.x, im[s] = v.y;
            }
        }
    }
};
