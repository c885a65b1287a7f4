// Sums over FRAMES_OF_GROUP frames of the products of a pair's spectra: [row][pair][group][bin][part], in blocks of eight, which
// bounds their rounding.

fn compute(at: u32) -> f32 {
    let part = at % PARTS;
    let bin = at / PARTS % BINS;
    let group = at / (PARTS * BINS) % GROUPS;
    let pair = at / (PARTS * BINS * GROUPS) % PAIRS;
    let row = at / (PARTS * BINS * GROUPS * PAIRS);
    let low = low_of(pair);
    let high = high_of(pair);
    let last = min((group + 1u) * FRAMES_OF_GROUP, FRAMES);
    var sum = 0.0;
    for (var first = group * FRAMES_OF_GROUP; first < last; first += 8u) {
        var block = 0.0;
        for (var f = first; f < min(first + 8u, last); f++) {
            block += product(bin_at(row, low, f, bin), bin_at(row, high, f, bin), part);
        }
        sum += block;
    }
    return sum;
}
