// A frame of samples in registers: framing, padding, [detrend], [pre-emphasis], window; one frame per transform.

@group(0) @binding(1) var<storage, read> window: array<f32>;

const PAD_NONE: u32 = 0u;
const PAD_CONSTANT: u32 = 1u;
const PAD_REFLECT: u32 = 2u;

fn sample_pair(at: u32) -> vec2f {
    if (COMPLEX) {
        return vec2f(sample(2u * at), sample(2u * at + 1u));
    }
    return vec2f(sample(at), 0.0);
}

// Sample `at` of a frame.
fn framed(frame: u32, at: u32) -> vec2f {
    let row = (frame / SEGMENTS) * ROW_LEN;
    let place = (frame % SEGMENTS) * HOP + at;
    if (PAD == PAD_NONE) {
        return sample_pair(row + place);
    }
    const SIDE: u32 = LEN / 2u;
    if (place >= SIDE && place - SIDE < ROW_LEN) {
        return sample_pair(row + place - SIDE);
    }
    if (PAD == PAD_CONSTANT) {
        return vec2f(0.0);
    }
    // Mirrored about the first and the last sample.
    return sample_pair(row + select(2u * (ROW_LEN - 1u) - (place - SIDE), SIDE - place, place < SIDE));
}
