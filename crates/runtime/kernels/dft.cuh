// Transforms of 2 … 32 points inside one thread's registers. Forward: exp(−2πi·nk/R); the inverse swaps re and im.
//
//   dft<R>: direct for 2, 3, 4, 5, 7; the Good–Thomas map if R = A·B with coprime A, B (6, 10, 12, 14, 15, 20): no factors between
//           the two; Cooley–Tukey A × B otherwise, its factors compile-time constants (no sine ever runs on the device)
//
// Arrays are indexed by constants only, so all values remain in registers.

typedef unsigned int u32;
typedef unsigned long long u64;

#define DEVICE __device__ __forceinline__

// The same number, of which the compiler knows nothing: the sums built on it keep one base and constant offsets, where it
// would otherwise compute every address anew.
DEVICE u64 opaque(u64 x) {
    asm("" : "+l"(x));
    return x;
}

// blockIdx.x, read where this stands: nothing that follows from it is kept from before.
DEVICE u32 block_again() {
    u32 x;
    asm volatile("mov.u32 %0, %%ctaid.x;" : "=r"(x));
    return x;
}

struct Unit {
    double re, im;
};

// exp(−2πi·num/den): reduced to the first octant, so that mirrored factors are mirrored to the last bit.
__device__ constexpr Unit unit(int num, int den) {
    num = num % den;
    bool below = 2 * num > den;
    if (below) num = den - num;
    bool left = 4 * num > den;
    long long a = left ? 2LL * (den - 2 * num) : 4LL * num, d = 2LL * den;  // turn = a / (2d), at most a quarter
    bool swap = 4 * a > d * 1LL;
    if (swap) a = d / 2 - a;
    double x = 3.14159265358979323846 * double(a) / double(d), c = 1, s = x, tc = 1, ts = x;
    for (int i = 1; i < 12; i++) {
        tc *= -x * x / double((2 * i - 1) * (2 * i));
        ts *= -x * x / double((2 * i) * (2 * i + 1));
        c += tc;
        s += ts;
    }
    double re = swap ? s : c, im = swap ? c : s;
    return {left ? -re : re, below ? im : -im};
}

// (re, im) ·= exp(−2πi·NUM/DEN)
template <int NUM, int DEN> DEVICE void turn(float &re, float &im) {
    constexpr int n = NUM % DEN;
    const float a = re, b = im;
    if constexpr (n == 0) {
    } else if constexpr (4 * n == DEN) {
        re = b, im = -a;
    } else if constexpr (2 * n == DEN) {
        re = -a, im = -b;
    } else if constexpr (4 * n == 3 * DEN) {
        re = -b, im = a;
    } else if constexpr (8 * n == DEN) {
        re = 0.70710678118654752f * (a + b), im = 0.70710678118654752f * (b - a);
    } else if constexpr (8 * n == 3 * DEN) {
        re = 0.70710678118654752f * (b - a), im = -0.70710678118654752f * (a + b);
    } else {
        constexpr Unit w = unit(n, DEN);
        constexpr float c = float(w.re), s = float(w.im);
        re = a * c - b * s, im = a * s + b * c;
    }
}

template <int R> struct Dft;

template <int R> DEVICE void dft(float (&re)[R], float (&im)[R]) {
    Dft<R>::run(re, im);
}

template <> struct Dft<1> {
    static DEVICE void run(float (&)[1], float (&)[1]) {}
};

template <> struct Dft<2> {
    static DEVICE void run(float (&re)[2], float (&im)[2]) {
        float a = re[0], b = im[0];
        re[0] = a + re[1], im[0] = b + im[1];
        re[1] = a - re[1], im[1] = b - im[1];
    }
};

template <> struct Dft<3> {
    static DEVICE void run(float (&re)[3], float (&im)[3]) {
        constexpr float s = float(-unit(1, 3).im);
        float ar = re[1] + re[2], ai = im[1] + im[2], br = s * (re[1] - re[2]), bi = s * (im[1] - im[2]);
        float cr = re[0] - 0.5f * ar, ci = im[0] - 0.5f * ai;
        re[0] += ar, im[0] += ai;
        re[1] = cr + bi, im[1] = ci - br;
        re[2] = cr - bi, im[2] = ci + br;
    }
};

template <> struct Dft<4> {
    static DEVICE void run(float (&re)[4], float (&im)[4]) {
        float ar = re[0] + re[2], ai = im[0] + im[2], br = re[0] - re[2], bi = im[0] - im[2];
        float cr = re[1] + re[3], ci = im[1] + im[3], dr = re[1] - re[3], di = im[1] - im[3];
        re[0] = ar + cr, im[0] = ai + ci;
        re[2] = ar - cr, im[2] = ai - ci;
        re[1] = br + di, im[1] = bi - dr;
        re[3] = br - di, im[3] = bi + dr;
    }
};

template <> struct Dft<5> {
    static DEVICE void run(float (&re)[5], float (&im)[5]) {
        constexpr float c1 = float(unit(1, 5).re), c2 = float(unit(2, 5).re);
        constexpr float s1 = float(-unit(1, 5).im), s2 = float(-unit(2, 5).im);
        float ar = re[1] + re[4], ai = im[1] + im[4], br = re[2] + re[3], bi = im[2] + im[3];
        float cr = re[1] - re[4], ci = im[1] - im[4], dr = re[2] - re[3], di = im[2] - im[3];
        float er = re[0] + c1 * ar + c2 * br, ei = im[0] + c1 * ai + c2 * bi;
        float fr = re[0] + c2 * ar + c1 * br, fi = im[0] + c2 * ai + c1 * bi;
        float gr = s1 * cr + s2 * dr, gi = s1 * ci + s2 * di;
        float hr = s2 * cr - s1 * dr, hi = s2 * ci - s1 * di;
        re[0] += ar + br, im[0] += ai + bi;
        re[1] = er + gi, im[1] = ei - gr;
        re[4] = er - gi, im[4] = ei + gr;
        re[2] = fr + hi, im[2] = fi - hr;
        re[3] = fr - hi, im[3] = fi + hr;
    }
};

template <> struct Dft<7> {
    static DEVICE void run(float (&re)[7], float (&im)[7]) {
        constexpr float c1 = float(unit(1, 7).re), c2 = float(unit(2, 7).re), c3 = float(unit(3, 7).re);
        constexpr float s1 = float(-unit(1, 7).im), s2 = float(-unit(2, 7).im), s3 = float(-unit(3, 7).im);
        float ar = re[1] + re[6], ai = im[1] + im[6], br = re[2] + re[5], bi = im[2] + im[5], cr = re[3] + re[4], ci = im[3] + im[4];
        float dr = re[1] - re[6], di = im[1] - im[6], er = re[2] - re[5], ei = im[2] - im[5], fr = re[3] - re[4], fi = im[3] - im[4];
        float xr = re[0] + c1 * ar + c2 * br + c3 * cr, xi = im[0] + c1 * ai + c2 * bi + c3 * ci;
        float yr = re[0] + c2 * ar + c3 * br + c1 * cr, yi = im[0] + c2 * ai + c3 * bi + c1 * ci;
        float zr = re[0] + c3 * ar + c1 * br + c2 * cr, zi = im[0] + c3 * ai + c1 * bi + c2 * ci;
        float ur = s1 * dr + s2 * er + s3 * fr, ui = s1 * di + s2 * ei + s3 * fi;
        float vr = s2 * dr - s3 * er - s1 * fr, vi = s2 * di - s3 * ei - s1 * fi;
        float wr = s3 * dr - s1 * er + s2 * fr, wi = s3 * di - s1 * ei + s2 * fi;
        re[0] += ar + br + cr, im[0] += ai + bi + ci;
        re[1] = xr + ui, im[1] = xi - ur, re[6] = xr - ui, im[6] = xi + ur;
        re[2] = yr + vi, im[2] = yi - vr, re[5] = yr - vi, im[5] = yi + vr;
        re[3] = zr + wi, im[3] = zi - wr, re[4] = zr - wi, im[4] = zi + wr;
    }
};

// Calls f(Const<0>), …, f(Const<N−1>): loops whose counter is a constant.
template <int I> struct Const {
    static constexpr int value = I;
};
template <int N, int I = 0, class F> DEVICE void constants(F &&f) {
    if constexpr (I < N) {
        f(Const<I>());
        constants<N, I + 1>(f);
    }
}

// X[k1 + A·k2] = Σ_n2 W_B^(n2·k2) · W_AB^(n2·k1) · Σ_n1 W_A^(n1·k1) · x[B·n1 + n2]
template <int A, int B> struct CooleyTukey {
    static DEVICE void run(float (&re)[A * B], float (&im)[A * B]) {
        float yr[B][A], yi[B][A];
        constants<B>([&](auto column) {
            constexpr int n2 = decltype(column)::value;
#pragma unroll
            for (int n1 = 0; n1 < A; n1++) yr[n2][n1] = re[B * n1 + n2], yi[n2][n1] = im[B * n1 + n2];
            dft<A>(yr[n2], yi[n2]);
            constants<A>([&](auto row) {
                constexpr int k1 = decltype(row)::value, n = decltype(column)::value;
                turn<n * k1, A * B>(yr[n][k1], yi[n][k1]);
            });
        });
#pragma unroll
        for (int k1 = 0; k1 < A; k1++) {
            float zr[B], zi[B];
#pragma unroll
            for (int n2 = 0; n2 < B; n2++) zr[n2] = yr[n2][k1], zi[n2] = yi[n2][k1];
            dft<B>(zr, zi);
#pragma unroll
            for (int k2 = 0; k2 < B; k2++) re[k1 + A * k2] = zr[k2], im[k1 + A * k2] = zi[k2];
        }
    }
};

// A and B coprime: n = B·n1 + A·n2 (mod AB); k1 = k mod A, k2 = k mod B.
template <int A, int B> struct GoodThomas {
    static DEVICE void run(float (&re)[A * B], float (&im)[A * B]) {
        float yr[B][A], yi[B][A];
#pragma unroll
        for (int n2 = 0; n2 < B; n2++) {
#pragma unroll
            for (int n1 = 0; n1 < A; n1++) yr[n2][n1] = re[(B * n1 + A * n2) % (A * B)], yi[n2][n1] = im[(B * n1 + A * n2) % (A * B)];
            dft<A>(yr[n2], yi[n2]);
        }
        float zr[A][B], zi[A][B];
#pragma unroll
        for (int k1 = 0; k1 < A; k1++) {
#pragma unroll
            for (int n2 = 0; n2 < B; n2++) zr[k1][n2] = yr[n2][k1], zi[k1][n2] = yi[n2][k1];
            dft<B>(zr[k1], zi[k1]);
        }
#pragma unroll
        for (int k = 0; k < A * B; k++) re[k] = zr[k % A][k % B], im[k] = zi[k % A][k % B];
    }
};

template <> struct Dft<6> : GoodThomas<2, 3> {};
template <> struct Dft<8> : CooleyTukey<4, 2> {};
template <> struct Dft<9> : CooleyTukey<3, 3> {};
template <> struct Dft<10> : GoodThomas<2, 5> {};
template <> struct Dft<12> : GoodThomas<4, 3> {};
template <> struct Dft<14> : GoodThomas<2, 7> {};
template <> struct Dft<15> : GoodThomas<3, 5> {};
template <> struct Dft<16> : CooleyTukey<4, 4> {};
template <> struct Dft<20> : GoodThomas<4, 5> {};
template <> struct Dft<32> : CooleyTukey<8, 4> {};
