// Complex values of a row in memory: interleaved (`re` holds pairs) or in two planes. Accesses have no streaming hints: these
// cost up to 2 % of a transform's time, most if rows of bins start at odd offsets.

template <bool PLANES> DEVICE float2 complex_load(const float *re, const float *im, u64 at) {
    if constexpr (PLANES) return make_float2(re[at], im[at]);
    else return reinterpret_cast<const float2 *>(re)[at];
}

template <bool PLANES> DEVICE void complex_store(float *re, float *im, u64 at, float2 v) {
    if constexpr (PLANES) re[at] = v.x, im[at] = v.y;
    else reinterpret_cast<float2 *>(re)[at] = v;
}

#ifdef IN_PLANES
constexpr bool IN_TWO = true;
#else
constexpr bool IN_TWO = false;
#endif
#ifdef OUT_PLANES
constexpr bool OUT_TWO = true;
#else
constexpr bool OUT_TWO = false;
#endif
