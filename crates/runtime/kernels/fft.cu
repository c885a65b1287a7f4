// Batched transforms within one block: C2C both ways, R2C, C2R.
//
//   T = M/P threads a transform (stockham.cuh), ROWS transforms a block; M = N, or N/2 for real data
//   R2C: z[m] = x[2m] + i·x[2m+1], Z = FFT(z); thread t has bins k = t + T·s < M/2 and fetches Z_{M−k}:
//        E = (Z_k + conj Z_{M−k})/2, O = −i·w^k·(Z_k − conj Z_{M−k})/2, X_k = E + O, X_{M−k} = conj(E − O)
//   C2R: the same steps backwards. An inverse is a forward transform with re and im exchanged on both sides.
//
// Bounds: device memory, at every length.
//
// Constants: N_FFT (of the complex transform) POINTS RADIX_1 … 3, ROWS, MIN_BLOCKS, one of FORWARD | INVERSE | R2C | C2R;
// COMPLEX_BLOCK: complex data as two planes, else interleaved.

#include "dft.cuh"
#include "stockham.cuh"

constexpr int M = N_FFT, P = POINTS;
using Plan = Stockham<M, P, RADIX_1, RADIX_2, RADIX_3>;
constexpr int T = Plan::T, BLOCK = T * ROWS;

#ifdef COMPLEX_BLOCK
constexpr int FLOATS = 1;
#else
constexpr int FLOATS = 2;
#endif

// Complex element `i` from `at` on.
DEVICE float2 fetch(const float *re, const float *im, u64 at, int i) {
#ifdef COMPLEX_BLOCK
    return make_float2(re[at + i], im[at + i]);
#else
    return reinterpret_cast<const float2 *>(re + at)[i];
#endif
}

DEVICE void store(float *re, float *im, u64 at, int i, float x, float y) {
#ifdef COMPLEX_BLOCK
    re[at + i] = x, im[at + i] = y;
#else
    reinterpret_cast<float2 *>(re + at)[i] = make_float2(x, y);
#endif
}

extern "C" __global__ void __launch_bounds__(BLOCK, MIN_BLOCKS)
fft(const float *in_re, const float *in_im, float *out_re, float *out_im, const float4 *factors, const float4 *halves,
    u64 rows, u64 in_stride, u64 out_stride, float scale) {
    __shared__ float4 shared[(ROWS * Plan::BUFFER + 1) / 2];
    const int t = threadIdx.x % T, local = threadIdx.x / T;
    float2 *buffer = reinterpret_cast<float2 *>(shared) + local * Plan::BUFFER;
    const u64 wanted = u64(blockIdx.x) * ROWS + local, row = wanted < rows ? wanted : rows - 1;
    const bool live = wanted < rows;
    const u64 from = row * in_stride, to = row * out_stride;
    // Of point t, and of bin M − t: registers are constant offsets away.
    [[maybe_unused]] const u64 up = opaque(to + FLOATS * t), down = opaque(to + FLOATS * (M - t));
    float re[P], im[P];

#if defined(FORWARD) || defined(INVERSE)
    const u64 in = opaque(from + FLOATS * t);
#pragma unroll
    for (int s = 0; s < P; s++) {
        const float2 v = fetch(in_re, in_im, in, T * s);
#ifdef INVERSE
        re[s] = v.y, im[s] = v.x;
#else
        re[s] = v.x, im[s] = v.y;
#endif
    }
    Plan::run(re, im, buffer, factors, t);
    if (!live) return;
#pragma unroll
    for (int s = 0; s < P; s++)
#ifdef INVERSE
        store(out_re, out_im, up, T * s, im[s] * scale, re[s] * scale);
#else
        store(out_re, out_im, up, T * s, re[s] * scale, im[s] * scale);
#endif

#elif defined(R2C)
    // Rows of an odd stride are only 4-byte aligned.
    const bool even = (reinterpret_cast<u64>(in_re + from) & 7) == 0;
    const u64 in = opaque(from + 2 * t);
    if (even) {
#pragma unroll
        for (int s = 0; s < P; s++) {
            const float2 v = reinterpret_cast<const float2 *>(in_re + in)[T * s];
            re[s] = v.x, im[s] = v.y;
        }
    } else {
#pragma unroll
        for (int s = 0; s < P; s++) re[s] = in_re[in + 2 * T * s], im[s] = in_re[in + 2 * T * s + 1];
    }
    Plan::run(re, im, buffer, factors, t);
    Plan::sync();
#pragma unroll
    for (int s = P / 2; s < P; s++) buffer[t + T * s] = make_float2(re[s], im[s]);
    Plan::sync();
    if (!live) return;
    const float half = 0.5f * scale;
#pragma unroll
    for (int s = 0; s < P / 2; s++) {
        const int k = t + T * s;
        const float4 two = halves[s / 2 * T + t];
        const float wr = s % 2 ? two.z : two.x, wi = s % 2 ? two.w : two.y;
        const float2 z = k == 0 ? make_float2(re[0], im[0]) : buffer[M - k];
        const float er = half * (re[s] + z.x), ei = half * (im[s] - z.y);
        const float dr = half * (re[s] - z.x), di = half * (im[s] + z.y);
        const float pr = dr * wi + di * wr, pi = di * wi - dr * wr;  // −i·w·d
        store(out_re, out_im, up, T * s, er + pr, ei + pi);
        store(out_re, out_im, down, -T * s, er - pr, pi - ei);
    }
    if (t == 0) store(out_re, out_im, to, M / 2, re[P / 2] * scale, -im[P / 2] * scale);

#else
    const u64 low = opaque(from + FLOATS * t), high = opaque(from + FLOATS * (M - t));
#pragma unroll
    for (int s = 0; s < P / 2; s++) {
        const int k = t + T * s;
        const float4 two = halves[s / 2 * T + t];
        const float wr = s % 2 ? two.z : two.x, wi = s % 2 ? two.w : two.y;
        float2 a = fetch(in_re, in_im, low, T * s), z = fetch(in_re, in_im, high, -T * s);
        // The imaginary parts of DC and Nyquist have no meaning.
        if (k == 0) a.y = z.y = 0;
        const float er = a.x + z.x, ei = a.y - z.y, dr = a.x - z.x, di = a.y + z.y;
        const float pr = dr * wi - di * wr, pi = dr * wr + di * wi;  // i·conj(w)·d
        // Exchanged for the inverse.
        im[s] = er + pr, re[s] = ei + pi;
        if (k > 0) buffer[M - k] = make_float2(pi - ei, er - pr);
    }
    if (t == 0) {
        const float2 z = fetch(in_re, in_im, from, M / 2);
        buffer[M / 2] = make_float2(-2 * z.y, 2 * z.x);
    }
    Plan::sync();
#pragma unroll
    for (int s = P / 2; s < P; s++) {
        const float2 v = buffer[t + T * s];
        re[s] = v.x, im[s] = v.y;
    }
    Plan::run(re, im, buffer, factors, t);
    if (!live) return;
    const bool even = (reinterpret_cast<u64>(out_re + to) & 7) == 0;
    const u64 pairs = opaque(to + 2 * t);
#pragma unroll
    for (int s = 0; s < P; s++) {
        float *pair = out_re + pairs + 2 * T * s;
        if (even) *reinterpret_cast<float2 *>(pair) = make_float2(im[s] * scale, re[s] * scale);
        else pair[0] = im[s] * scale, pair[1] = re[s] * scale;
    }
#endif
}
