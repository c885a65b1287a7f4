// Samples beyond the ends of a signal.
//
// Constants: PAD_REFLECT (end samples once), PAD_MIRROR (twice), else zeros; PREEMPHASIS_SIGNAL (the coefficient).

// Sample index that stands at place `i`, or −1 for zero.
DEVICE long long padded_index(long long i, long long len) {
#if defined(PAD_REFLECT)
    return i < 0 ? -i : i >= len ? 2 * len - 2 - i : i;
#elif defined(PAD_MIRROR)
    while (i < 0 || i >= len) i = i < 0 ? -i - 1 : 2 * len - 1 - i;
    return i;
#else
    return i < 0 || i >= len ? -1 : i;
#endif
}

DEVICE float padded_sample(const Sample *row, long long i, long long len) {
    i = padded_index(i, len);
    if (i < 0) return 0;
    float v = sample(row + i);
#ifdef PREEMPHASIS_SIGNAL
    if (i > 0) v = fmaf(-float(PREEMPHASIS_SIGNAL), sample(row + i - 1), v);
#endif
    return v;
}
