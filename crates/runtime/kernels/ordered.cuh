// Numbers as their order among integers, and back.
DEVICE u32 ordered(float x) {
    const u32 bits = __float_as_uint(x);
    return bits ^ (int(bits) < 0 ? ~0u : 1u << 31);
}
DEVICE float number(u32 key) { return __uint_as_float(int(key) < 0 ? key ^ 1u << 31 : ~key); }

// The next two bits of the value that `wanted` values precede, from the number of those with the bits 0, 1 and 2; `wanted` becomes
// the number of those that precede it among the values with its bits.
DEVICE u32 digit_of(const u32 (&count)[3], u32 &wanted) {
    u32 digit = 0;
#pragma unroll
    for (int d = 0; d < 3; d++)
        if (digit == d && wanted >= count[d]) wanted -= count[d], digit++;
    return digit;
}
