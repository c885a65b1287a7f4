// One frame of a signal into the registers of its T threads: padding by index, mean, preemphasis, window.
//
//   registers s of thread t ← points 2m and 2m + 1 of m = t + T·s; point i is sample start + i of the signal
//   the window covers points LEAD … LEAD + WIN − 1; nothing else is read
//
// Constants: LEAD WIN; PAD_REFLECT (end samples once), PAD_MIRROR (twice), else zeros; REMOVE_DC;
// PREEMPHASIS_SIGNAL, PREEMPHASIS_FRAME (the coefficients).

#include "padding.cuh"

template <class Plan, class Place> struct Frames {
    static constexpr int P = Plan::P, T = Plan::T;

    // Whether the window covers point 2(t + T·s) + odd: known at compile time but for the stripes at its ends.
    static DEVICE bool covered(int t, int s, int odd) {
        const int first = 2 * T * s, last = first + 2 * T - 1;
        if (first >= LEAD && last < LEAD + WIN) return true;
        if (last < LEAD || first >= LEAD + WIN) return false;
        const int i = first + 2 * t + odd;
        return i >= LEAD && i < LEAD + WIN;
    }

    static DEVICE void load(float (&re)[P], float (&im)[P], const Sample *row, long long start, long long len, const float4 *window,
                            float2 *buffer, const Place &at) {
        const int t = at.t;
        const bool inside = start + LEAD > 0 && start + LEAD + WIN <= len;
        const Sample *from = row + start + 2 * t;
        if (inside && (reinterpret_cast<u64>(from) & (2 * sizeof(Sample) - 1)) == 0 && LEAD % 2 == 0 && WIN % 2 == 0) {
#pragma unroll
            for (int s = 0; s < P; s++) {
                re[s] = im[s] = 0;
                if (!covered(t, s, 0)) continue;
#ifdef SAMPLE_F32
                const float2 v = __ldg(reinterpret_cast<const float2 *>(from + 2 * T * s));
                re[s] = v.x, im[s] = v.y;
#else
                const unsigned v = __ldg(reinterpret_cast<const unsigned *>(from + 2 * T * s));
                re[s] = widen(Sample(v)), im[s] = widen(Sample(v >> 16));
#endif
#ifdef PREEMPHASIS_SIGNAL
                im[s] = fmaf(-float(PREEMPHASIS_SIGNAL), re[s], im[s]);
                re[s] = fmaf(-float(PREEMPHASIS_SIGNAL), sample(from + 2 * T * s - 1), re[s]);
#endif
            }
        } else {
            // Rare and long-winded: a loop, and so by way of the thread's own places in the buffer.
#pragma unroll 1
            for (int s = 0; s < P; s++) {
                const int p = 2 * (t + T * s);
                float2 v = make_float2(0, 0);
                if (p >= LEAD && p < LEAD + WIN) v.x = padded_sample(row, start + p, len);
                if (p + 1 >= LEAD && p + 1 < LEAD + WIN) v.y = padded_sample(row, start + p + 1, len);
                buffer[t + T * s] = v;
            }
#pragma unroll
            for (int s = 0; s < P; s++) {
                const float2 v = buffer[t + T * s];
                re[s] = v.x, im[s] = v.y;
            }
        }
#ifdef REMOVE_DC
        // Twice: the second mean is of small numbers, so an offset costs nothing.
#pragma unroll
        for (int round = 0; round < 2; round++) {
            float sum = 0;
#pragma unroll
            for (int s = 0; s < P; s++) sum += re[s] + im[s];
            sum = at.sum(sum, reinterpret_cast<float *>(buffer)) * (1.0f / WIN);
#pragma unroll
            for (int s = 0; s < P; s++) {
                if (covered(t, s, 0)) re[s] -= sum;
                if (covered(t, s, 1)) im[s] -= sum;
            }
        }
#endif
#ifdef PREEMPHASIS_FRAME
        // The sample before a pair is the second one of the thread before.
        float *seconds = reinterpret_cast<float *>(buffer);
        Plan::sync();
#pragma unroll
        for (int s = 0; s < P; s++) seconds[t + T * s + 1] = im[s];
        Plan::sync();
#pragma unroll
        for (int s = 0; s < P; s++) {
            const int i = 2 * (t + T * s);
            const float before = i <= LEAD ? re[s] : seconds[t + T * s];
            if (covered(t, s, 1)) im[s] = fmaf(-float(PREEMPHASIS_FRAME), i + 1 <= LEAD ? im[s] : re[s], im[s]);
            if (covered(t, s, 0)) re[s] = fmaf(-float(PREEMPHASIS_FRAME), before, re[s]);
        }
#endif
#pragma unroll
        for (int s = 0; s < P; s += 2) {
            const float4 w = __ldg(window + s / 2 * T + t);
            re[s] *= w.x, im[s] *= w.y, re[s + 1] *= w.z, im[s + 1] *= w.w;
        }
    }

    // Leaves the smallest offset + index of a NaN or infinite sample under the frame's window in `status`.
    static DEVICE void locate(const Sample *row, long long start, long long len, u64 offset, int t, u64 *status) {
        for (int i = LEAD - 1 + t; i < LEAD + WIN; i += T) {
            const long long j = padded_index(start + i, len);
            if (j >= 0 && !finite(sample(row + j))) atomicMin(status, offset + j);
        }
    }
};
