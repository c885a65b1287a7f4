// Samples of 32-bit floats.

@group(0) @binding(0) var<storage, read> samples: array<f32>;

fn sample(at: u32) -> f32 {
    return samples[at];
}
