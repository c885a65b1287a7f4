// Complex values of a row in memory: interleaved (`re` holds pairs) or in two planes. Every value is touched once, so
// it goes past the caches' order of last use.

template <bool PLANES> DEVICE float2 complex_load(const float *re, const float *im, u64 at) {
    if constexpr (PLANES) return make_float2(__ldcs(re + at), __ldcs(im + at));
    else return __ldcs(reinterpret_cast<const float2 *>(re) + at);
}

template <bool PLANES> DEVICE void complex_store(float *re, float *im, u64 at, float2 v) {
    if constexpr (PLANES) __stcs(re + at, v.x), __stcs(im + at, v.y);
    else __stcs(reinterpret_cast<float2 *>(re) + at, v);
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
