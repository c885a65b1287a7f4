// Half-precision samples, two per word, the first in the low half.

@group(0) @binding(0) var<storage, read> samples: array<u32>;

fn sample(at: u32) -> f32 {
    let both = unpack2x16float(samples[at >> 1u]);
    return select(both.x, both.y, (at & 1u) == 1u);
}
