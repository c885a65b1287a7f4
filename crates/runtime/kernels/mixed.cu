// Frames of signals to their spectra, powers, mel energies, or averaged powers, at any length (mixed.cuh).
//
//   load: a frame of WIN samples at frame · HOP + OFFSET, minus its mean or line, times the window, padded with zeros
//     PAIRED (real samples, N_FFT even): M = N_FFT/2 points, z[m] = x[2m] + i·x[2m+1]
//     else M = N_FFT points, imaginary parts zero if samples are real
//   transform of M points: in passes, or (BLUESTEIN) as a convolution by two transforms of SIZE ≥ 2M − 1 points:
//     z[m]·c[m] → spectrum · that of conj(c) → · c[k] / SIZE,  c[m] = exp(−πi·m²/M)
//   PAIRED: bins k and M − k from Z_k and Z_{M−k} (untangle.cuh has the formula; the window is halved for it)
//   put: one value per bin; or (WELCH) the mean (sum), largest or smallest over GROUP frames of each group of a row
//
// An item is a frame, or a group of a row's frames; a block has ROWS items of T threads each: neighbouring items of one row,
// or (ACROSS) of the batch. Bounded by shared memory at a few passes, and by the writes if spectra are written.
//
// Constants: N_FFT THREADS (T) PASSES (the radices) SIZE (points of the transform in passes) BLUESTEIN, COMPLEX | SAMPLE_…,
// FRAMES (per row) HOP OFFSET WIN, PAD_REFLECT PAD_MIRROR, DETREND (1 constant, 2 linear), BINS, DOUBLED, KEEP_LO KEEP_HI,
// OUT_COMPLEX (OUT_PLANES) | OUT_POWER | OUT_MAGNITUDE | OUT_MEL, WELCH_MEAN|MAX|MIN GROUP, ITEMS (per row), ROWS, ACROSS,
// MIN_BLOCKS; OUT_MEL: N_MELS FRAMES_BY_MELS MAGNITUDE LOG_FACTOR LOG_FLOOR LOG_ADD LOG_SHIFT MAXIMA as in log_mel.cu.

#include "dft.cuh"
#include "magnitude.cuh"
#include "mixed.cuh"
#include "samples.cuh"
#include "complex_rows.cuh"
#include "padding.cuh"

#ifdef COMPLEX
typedef float2 Value;
constexpr bool PAIRED = false;
constexpr int PARTS = 2;
#else
typedef Sample Value;
constexpr bool PAIRED = N_FFT % 2 == 0;
constexpr int PARTS = 1;
#endif
#ifdef BLUESTEIN
constexpr bool CHIRP = true;
#else
constexpr bool CHIRP = false;
#endif
#if defined(WELCH_MEAN) || defined(WELCH_MAX) || defined(WELCH_MIN)
#define WELCH
constexpr int FRAMES_OF_ITEM = GROUP;
#else
constexpr int FRAMES_OF_ITEM = 1;
#endif
#ifndef DETREND
#define DETREND 0
#endif

constexpr int T = THREADS, M = PAIRED ? N_FFT / 2 : N_FFT, BLOCK = T * ROWS, WARPS = T > 32 ? T / 32 : 1;
using First = Mixed<SIZE, T, 1, PASSES>;
constexpr int PER = First::PER, R = First::RADIX;
// Pairs of bins, or bins, of a thread.
constexpr int HELD = PAIRED ? M / 2 + 1 : BINS < M ? BINS : M, SLOTS = (HELD + T - 1) / T;
// Complex places of a row, and places for sums.
constexpr int PITCH = mixed_buffer(SIZE) + WARPS;

// Sums over the threads of a row; `sums` has as many places as the row has warps.
DEVICE float2 row_sum(float2 v, float2 *sums, int t) {
#pragma unroll
    for (int d = 1; d < (T < 32 ? T : 32); d *= 2) v.x += __shfl_xor_sync(~0u, v.x, d), v.y += __shfl_xor_sync(~0u, v.y, d);
    if constexpr (WARPS > 1) {
        __syncthreads();
        if (t % 32 == 0) sums[t / 32] = v;
        __syncthreads();
        v = sums[0];
#pragma unroll 4
        for (int w = 1; w < WARPS; w++) v.x += sums[w].x, v.y += sums[w].y;
    }
    return v;
}

// Point i of the frame lies under the window.
DEVICE bool covered(int i) { return WIN == N_FFT || i < WIN; }

// A frame into the registers of the first pass.
DEVICE void load(float (&re)[PER][R], float (&im)[PER][R], const Value *row, long long start, long long len, const float *window,
                 const float2 *chirp, float2 *buffer, float2 *sums, int t) {
    constexpr int B = First::B;
    const bool inside = start >= 0 && start + WIN <= len;
    const Value *from = row + start;
    const auto places = [&](auto &&f) {
#pragma unroll
        for (int u = 0; u < PER; u++)
#pragma unroll
            for (int j = 0; j < R; j++) f(u, j, t + T * u + B * j, First::works(t, u) && (!CHIRP || t + T * u + B * j < M));
    };
#ifdef COMPLEX
    places([&](int u, int j, int p, bool there) {
        float2 v = make_float2(0, 0);
        if (there && covered(p)) {
            const long long at = inside ? start + p : padded_index(start + p, len);
            if (at >= 0) v = __ldg(row + at);
        }
        re[u][j] = v.x, im[u][j] = v.y;
    });
#else
    if (!inside) {
        // Rare and long-winded: a loop, and so by way of the thread's own places in the buffer.
        row_sync<T>();
        float *words = reinterpret_cast<float *>(buffer);
#pragma unroll
        for (int part = 0; part < (PAIRED ? 2 : 1); part++) {
#pragma unroll 1
            for (int u = 0; u < PER; u++)
#pragma unroll 1
                for (int j = 0; j < R; j++) {
                    const int p = t + T * u + B * j, i = PAIRED ? 2 * p + part : p;
                    if (First::works(t, u) && (!CHIRP || p < M)) words[p] = i < WIN ? padded_sample(row, start + i, len) : 0.0f;
                }
            places([&](int u, int j, int p, bool there) {
                const float v = there ? words[p] : 0.0f;
                if (part == 0) re[u][j] = v, im[u][j] = 0;
                else im[u][j] = v;
            });
        }
    } else if (PAIRED && (reinterpret_cast<u64>(from) & (2 * sizeof(Sample) - 1)) == 0) {
        places([&](int u, int j, int p, bool there) {
            re[u][j] = im[u][j] = 0;
            if (!there || !covered(2 * p)) return;
            if (WIN % 2 == 1 && 2 * p + 1 == WIN) {
                re[u][j] = sample(from + 2 * p);
                return;
            }
#ifdef SAMPLE_F32
            const float2 v = __ldg(reinterpret_cast<const float2 *>(from) + p);
            re[u][j] = v.x, im[u][j] = v.y;
#else
            const unsigned v = __ldg(reinterpret_cast<const unsigned *>(from) + p);
            re[u][j] = widen(Sample(v)), im[u][j] = widen(Sample(v >> 16));
#endif
        });
    } else {
        places([&](int u, int j, int p, bool there) {
            const int i = PAIRED ? 2 * p : p;
            re[u][j] = there && covered(i) ? sample(from + i) : 0.0f;
            im[u][j] = PAIRED && there && covered(i + 1) ? sample(from + i + 1) : 0.0f;
        });
    }
#endif
#if DETREND
    // Twice: what the second round finds is of small numbers, so an offset costs nothing.
    constexpr float MIDDLE = 0.5f * (WIN - 1), SQUARES = float(12.0 / (double(WIN) * (double(WIN) * WIN - 1.0) + (WIN == 1)));
#pragma unroll 1
    for (int round = 0; round < 2; round++) {
        float2 sum = make_float2(0, 0), moment = make_float2(0, 0);
        places([&](int u, int j, int p, bool) {
            const int i = PAIRED ? 2 * p : p;
            sum.x += re[u][j], sum.y += im[u][j];
            if (DETREND == 2) {
                const float d = float(i) - MIDDLE;
                moment.x = fmaf(d, re[u][j], moment.x), moment.y = fmaf(PAIRED ? d + 1.0f : d, im[u][j], moment.y);
            }
        });
        if (PAIRED) sum.x += sum.y, sum.y = moment.x + moment.y;
        sum = row_sum(sum, sums, t);
        if (DETREND == 2 && !PAIRED) moment = row_sum(moment, sums, t);
        const float mean_x = sum.x * (1.0f / WIN), mean_y = PAIRED ? mean_x : sum.y * (1.0f / WIN);
        const float slope_x = (PAIRED ? sum.y : moment.x) * SQUARES, slope_y = PAIRED ? slope_x : moment.y * SQUARES;
        places([&](int u, int j, int p, bool there) {
            const int i = PAIRED ? 2 * p : p;
            const float d = float(i) - MIDDLE;
            if (there && covered(i)) {
                re[u][j] -= mean_x;
                if (DETREND == 2) re[u][j] = fmaf(-slope_x, d, re[u][j]);
            }
            if (there && covered(PAIRED ? i + 1 : i) && (PAIRED || PARTS == 2)) {
                im[u][j] -= mean_y;
                if (DETREND == 2) im[u][j] = fmaf(-slope_y, PAIRED ? d + 1.0f : d, im[u][j]);
            }
        });
    }
#endif
    // Zeros lie behind the window's weights, up to an even number.
    places([&](int u, int j, int p, bool there) {
        if (PAIRED) {
            const float2 w = there && covered(2 * p) ? __ldg(reinterpret_cast<const float2 *>(window) + p) : make_float2(0, 0);
            re[u][j] *= w.x, im[u][j] *= w.y;
        } else {
            const float w = there && covered(p) ? __ldg(window + p) : 0.0f;
            re[u][j] *= w, im[u][j] *= w;
        }
        if (CHIRP) {
            const float2 c = there ? __ldg(chirp + p) : make_float2(0, 0);
            const float x = re[u][j] * c.x - im[u][j] * c.y;
            im[u][j] = re[u][j] * c.y + im[u][j] * c.x, re[u][j] = x;
        }
    });
}

// The transform's M values into the buffer, in natural order; all threads of the row have them.
DEVICE void transform(float (&re)[PER][R], float (&im)[PER][R], const float2 *factors, const float2 *chirp, const float2 *filter,
                      float2 *buffer, int t) {
    const auto keep = [&](auto pass, auto &x, auto &y) {
        decltype(pass)::each(t, [&](int u, int m, int i) {
            if constexpr (CHIRP) {
                if (i >= M) return;
                // Real and imaginary parts are swapped here: the second transform goes backwards.
                const float2 c = __ldg(chirp + i);
                buffer[i] = make_float2(y[u][m] * c.x - x[u][m] * c.y, y[u][m] * c.y + x[u][m] * c.x);
            } else {
                buffer[i] = make_float2(x[u][m], y[u][m]);
            }
        });
    };
    if constexpr (CHIRP) {
        First::run(re, im, buffer, factors, t, [&](auto pass, auto &x, auto &y) {
            decltype(pass)::each(t, [&](int u, int m, int i) {
                const float2 w = __ldg(filter + i);
                const float a = x[u][m] * w.x - y[u][m] * w.y;
                x[u][m] = x[u][m] * w.y + y[u][m] * w.x, y[u][m] = a;
            });
            float again_re[PER][R], again_im[PER][R];
            decltype(pass)::template hand_over<First>(x, y, again_re, again_im, buffer, t);
            First::run(again_re, again_im, buffer, factors, t, keep);
        });
    } else {
        First::run(re, im, buffer, factors, t, keep);
    }
    row_sync<T>();
}

DEVICE bool kept(int bin) {
#ifdef KEEP_LO
    return bin >= KEEP_LO && bin < KEEP_HI;
#else
    return true;
#endif
}

// 2 for the bins that stand for their mirror images too.
DEVICE float sides(int bin) {
#ifdef DOUBLED
    return bin == 0 || 2 * bin == N_FFT ? 1.0f : 2.0f;
#else
    return 1.0f;
#endif
}

DEVICE float power(float2 x) { return x.x * x.x + x.y * x.y; }

#ifndef WELCH
// One bin of a frame; of real samples its mirror image too where all bins are wanted.
DEVICE void put(float *out_re, float *out_im, u64 at, int bin, float2 x, float scale) {
    if (!kept(bin)) x = make_float2(0, 0);
#if defined(OUT_COMPLEX)
    x.x *= scale, x.y *= scale;
    complex_store<OUT_TWO>(out_re, out_im, at + bin, x);
    if (PARTS == 1 && BINS == N_FFT && bin > 0 && 2 * bin != N_FFT) {
        x.y = -x.y;
        if (!kept(N_FFT - bin)) x = make_float2(0, 0);
        complex_store<OUT_TWO>(out_re, out_im, at + N_FFT - bin, x);
    }
#else
#ifdef OUT_MAGNITUDE
    const float v = magnitude(x) * scale;
#else
    const float v = power(x) * (sides(bin) * scale);
#endif
    out_re[at + bin] = v;
    if (PARTS == 1 && BINS == N_FFT && bin > 0 && 2 * bin != N_FFT) out_re[at + N_FFT - bin] = kept(N_FFT - bin) ? v : 0;
#endif
}
#endif

// Bins from the transform's values in the buffer: calls f(slot, upper, bin, X), one slot after the other.
template <class F> DEVICE void bins(const float2 *buffer, const float2 *turns, int t, F &&f) {
#pragma unroll
    for (int s = 0; s < SLOTS; s++) {
        const int k = t + T * s;
        if (HELD % T != 0 && s == SLOTS - 1 && k >= HELD) continue;
        if constexpr (PAIRED) {
            const float2 a = buffer[k], b = buffer[k == 0 ? 0 : M - k], w = __ldg(turns + k);
            const float er = a.x + b.x, ei = a.y - b.y, dr = a.x - b.x, di = a.y + b.y;
            const float vr = di * w.x + dr * w.y, vi = di * w.y - dr * w.x;
            f(s, false, k, make_float2(er + vr, ei + vi));
            if (2 * k != M) f(s, true, M - k, make_float2(er - vr, vi - ei));
        } else {
            f(s, false, k, buffer[k]);
        }
    }
}

// Leaves the smallest offset + index of a float under the frame's window that is NaN or infinite.
DEVICE void locate(const Value *row, long long start, long long len, u64 offset, int t, u64 *status) {
    for (int i = t; i < WIN; i += T) {
        const long long at = padded_index(start + i, len);
        if (at < 0) continue;
#ifdef COMPLEX
        const float2 v = row[at];
        if (!finite(v.x) || !finite(v.y)) atomicMin(status, offset + 2 * at + (finite(v.x) ? 1 : 0));
#else
        if (!finite(sample(row + at))) atomicMin(status, offset + at);
#endif
    }
}

extern "C" __global__ void __launch_bounds__(BLOCK, MIN_BLOCKS)
mixed(const Value *samples, float *out_re, float *out_im, const float *window, const float2 *factors, const float2 *turns,
      const float2 *chirp, const float2 *filter, u64 *status, u64 rows, u64 len, float scale
#ifdef OUT_MEL
      , const int2 *bands, const float *weights, float *maxima
#endif
) {
    extern __shared__ float4 shared[];
    const int t = threadIdx.x % T, local = threadIdx.x / T;
    float2 *buffer = reinterpret_cast<float2 *>(shared) + local * PITCH, *sums = buffer + mixed_buffer(SIZE);
#ifdef ACROSS
    const u64 all = rows * ITEMS, wanted = u64(blockIdx.x) * ROWS + local, index = wanted < all ? wanted : all - 1;
    const u64 row = ITEMS == 1 ? index : index / ITEMS;
    const int item = ITEMS == 1 ? 0 : int(index - row * ITEMS);
    const bool live = wanted < all;
#else
    constexpr u32 BLOCKS = (ITEMS + ROWS - 1) / ROWS;
    const u64 row = blockIdx.x / BLOCKS;
    const int wanted = int(blockIdx.x % BLOCKS) * ROWS + local, item = wanted < ITEMS ? wanted : ITEMS - 1;
    const bool live = wanted < ITEMS;
#endif
    const Value *signal = samples + row * len;
#ifdef WELCH
    float low[SLOTS], high[PAIRED ? SLOTS : 1];
#ifdef WELCH_MIN
    constexpr bool SMALLEST = true;
#else
    constexpr bool SMALLEST = false;
#endif
#pragma unroll
    for (int s = 0; s < SLOTS; s++) low[s] = high[PAIRED ? s : 0] = SMALLEST ? __int_as_float(0x7f800000) : 0.0f;
#endif
#pragma unroll 1
    for (int g = 0; g < FRAMES_OF_ITEM; g++) {
        const int asked = item * FRAMES_OF_ITEM + g, frame = asked < FRAMES ? asked : FRAMES - 1;
        const long long start = (long long)frame * HOP + OFFSET;
        float re[PER][R], im[PER][R];
        load(re, im, signal, start, (long long)len, window, chirp, buffer, sums, t);
        transform(re, im, factors, chirp, filter, buffer, t);
        float poison = 0;
#if defined(WELCH)
        if (FRAMES % FRAMES_OF_ITEM == 0 || asked < FRAMES)
            bins(buffer, turns, t, [&](int s, bool upper, int, float2 x) {
                const float p = power(x);
                float &held = upper ? high[PAIRED ? s : 0] : low[s];
                if (s == 0) poison += p;
                // NaN wins against every other value.
#if defined(WELCH_MEAN)
                held += p;
#elif defined(WELCH_MAX)
                held = p > held || p != p ? p : held;
#else
                held = p < held || p != p ? p : held;
#endif
            });
#elif defined(OUT_MEL)
        // Powers take the place of the transform's values, and those of a row lie together.
        float low[SLOTS], high[PAIRED ? SLOTS : 1];
        bins(buffer, turns, t, [&](int s, bool upper, int, float2 x) {
            float p = power(x);
            if (s == 0) poison += p;
#ifdef MAGNITUDE
            p = sqrtf(p);
#endif
            if (upper) high[PAIRED ? s : 0] = p;
            else low[s] = p;
        });
        row_sync<T>();
        float *powers = reinterpret_cast<float *>(buffer);
#pragma unroll
        for (int s = 0; s < SLOTS; s++) {
            const int k = t + T * s;
            if (k >= HELD) continue;
            powers[k] = low[s];
            if (PAIRED && 2 * k != M) powers[M - k] = high[PAIRED ? s : 0];
        }
        row_sync<T>();
        float most = __int_as_float(0xff800000);
#pragma unroll 1
        for (int mel = t; mel < N_MELS; mel += T) {
            const int2 band = __ldg(bands + mel);
            float energy = 0;
            for (int j = 0; j < band.y; j++) energy = fmaf(__ldg(weights + j * N_MELS + mel), powers[band.x + j], energy);
#ifdef LOG_FACTOR
            // Not fmaxf: NaN shall stay.
            energy = energy < float(LOG_FLOOR) ? float(LOG_FLOOR) : energy;
            energy = fmaf(float(LOG_FACTOR), __log2f(energy + float(LOG_ADD)), float(LOG_SHIFT));
#endif
            if (live) {
#ifdef FRAMES_BY_MELS
                out_re[(row * FRAMES + frame) * N_MELS + mel] = energy;
#else
                out_re[(row * N_MELS + mel) * FRAMES + frame] = energy;
#endif
                most = fmaxf(most, energy);
            }
        }
#ifdef MAXIMA
        __syncthreads();
        float *parts = reinterpret_cast<float *>(shared);
        parts[threadIdx.x] = most;
        __syncthreads();
        if (threadIdx.x < 32) {
            for (int i = threadIdx.x + 32; i < BLOCK; i += 32) most = fmaxf(most, parts[i]);
#pragma unroll
            for (int d = 1; d < 32; d *= 2) most = fmaxf(most, __shfl_xor_sync(~0u, most, d));
            if (threadIdx.x == 0) maxima[blockIdx.x] = most;
        }
#endif
#else
        const u64 to = (row * FRAMES + frame) * BINS;
        bins(buffer, turns, t, [&](int s, bool, int bin, float2 x) {
            if (s == 0) poison += x.x + x.y;
            if (live) put(out_re, out_im, to, bin, x, scale);
        });
#endif
        if (!finite(poison) && live) locate(signal, start, (long long)len, row * len * PARTS, t, status);
    }
#ifdef WELCH
    if (!live) return;
    float *to = out_re + (row * ITEMS + item) * BINS;
    const auto write = [&](int bin, float v) {
        v *= sides(bin) * scale;
        to[bin] = kept(bin) ? v : 0;
        if (PARTS == 1 && BINS == N_FFT && bin > 0 && 2 * bin != N_FFT) to[N_FFT - bin] = kept(N_FFT - bin) ? v : 0;
    };
#pragma unroll
    for (int s = 0; s < SLOTS; s++) {
        const int k = t + T * s;
        if (k >= HELD) continue;
        write(k, low[s]);
        if (PAIRED && 2 * k != M) write(M - k, high[PAIRED ? s : 0]);
    }
#endif
}
