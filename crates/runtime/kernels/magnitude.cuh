// |X| without the overflow and underflow of its square.

DEVICE float magnitude(float2 x) {
    const float a = fabsf(x.x), b = fabsf(x.y), most = a > b ? a : b;
    // Zero, or NaN.
    if (!(most > 0)) return a + b;
    const float p = a / most, q = b / most;
    return most * sqrtf(p * p + q * q);
}
