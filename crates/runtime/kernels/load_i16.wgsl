// 16-bit samples, two per word, the first in the low half.

@group(0) @binding(0) var<storage, read> samples: array<u32>;

fn sample(at: u32) -> f32 {
    let word = bitcast<i32>(samples[at >> 1u] << (16u - 16u * (at & 1u)));
    return f32(word >> 16u);
}
