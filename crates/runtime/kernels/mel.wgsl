// Power spectra → mel energies: the weights of each filter times the bins that it covers. The table has, for each filter,
// its first bin, its number of bins and the offset of its weights, as integers, followed by the weights.

@group(0) @binding(3) var<storage, read> filters: array<f32>;

fn compute(at: u32) -> f32 {
    let filter_at = 3u * (at % MELS);
    let first = (at / MELS) * BINS + u32(filters[filter_at]);
    let count = u32(filters[filter_at + 1u]);
    let weights = u32(filters[filter_at + 2u]);
    var sum = 0.0;
    for (var i = 0u; i < count; i++) {
        sum += filters[weights + i] * operand[first + i];
    }
    return sum;
}
