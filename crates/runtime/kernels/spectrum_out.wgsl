// Stores a bin: in planes of real and imaginary parts, as a pair, as its power (one-sided power doubled) or as its magnitude.

@group(0) @binding(3) var<storage, read_write> result: array<f32>;

const BLOCK: u32 = 0u;
const INTERLEAVED: u32 = 1u;
const POWER: u32 = 2u;
const MAGNITUDE: u32 = 3u;

// Without the overflow and underflow of the square.
fn magnitude(z: vec2f) -> f32 {
    let most = max(abs(z.x), abs(z.y));
    if (most > 0.0) {
        let share = z / most;
        return most * sqrt(dot(share, share));
    }
    // Zero, or NaN.
    return abs(z.x) + abs(z.y);
}

// Bins KEEP_LO … KEEP_HI − 1 are computed, the others are zero; `frames` is how many frames the buffer holds.
fn store(frame: u32, frames: u32, bin: u32, value: vec2f) {
    if (bin >= BINS) {
        return;
    }
    let z = select(vec2f(0.0), value, (bin >= KEEP_LO) & (bin < KEEP_HI));
    let at = frame * BINS + bin;
    if (OUTPUT == POWER) {
        let doubled = ONE_SIDED & (bin != 0u) & (2u * bin != N_FFT);
        result[at] = dot(z, z) * select(1.0, 2.0, doubled);
    } else if (OUTPUT == MAGNITUDE) {
        result[at] = magnitude(z);
    } else if (OUTPUT == INTERLEAVED) {
        result[2u * at] = z.x;
        result[2u * at + 1u] = z.y;
    } else {
        result[at] = z.x;
        result[frames * BINS + at] = z.y;
    }
}
