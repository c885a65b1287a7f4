// Pairs (x, y) of the signals of a row, the lower one taken first: results of pairs in the other order are conjugated, so that
// matrices are Hermitian to the last bit.

@group(0) @binding(3) var<storage, read> pairs: array<vec2f>;

fn low_of(pair: u32) -> u32 {
    return u32(min(pairs[pair].x, pairs[pair].y));
}

fn high_of(pair: u32) -> u32 {
    return u32(max(pairs[pair].x, pairs[pair].y));
}

// Sign of the imaginary part; 0 for a signal with itself.
fn sign_of(pair: u32) -> f32 {
    return sign(pairs[pair].y - pairs[pair].x);
}

fn sides(bin: u32) -> f32 {
    return select(1.0, 2.0, DOUBLED && bin != 0u && 2u * bin != N_FFT);
}

fn bin_at(row: u32, channel: u32, frame: u32, bin: u32) -> vec2f {
    let at = 2u * (((row * CHANNELS + channel) * FRAMES + frame) * BINS + bin);
    return vec2f(operand[at], operand[at + 1u]);
}

// Parts of conj(x)·y: 0 the real one, 1 the imaginary one; 2 and 3 the powers of x and y.
fn product(x: vec2f, y: vec2f, part: u32) -> f32 {
    switch (part) {
        case 0u: { return x.x * y.x + x.y * y.y; }
        case 1u: { return x.x * y.y - x.y * y.x; }
        case 2u: { return dot(x, x); }
        default: { return dot(y, y); }
    }
}
