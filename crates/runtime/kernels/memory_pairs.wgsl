// Workgroup memory as pairs of words: a complex value or a (power, bin) pair in one access.

var<workgroup> lds: array<vec2u, PAIRS_OF_GROUP>;

fn put(at: u32, pair: vec2u) {
    lds[at] = pair;
}

fn fetch(at: u32) -> vec2u {
    return lds[at];
}

// Threads that write with a stride of 8 or 16 pairs, or read side by side, meet different banks.
fn swizzle(place: u32) -> u32 {
    return place ^ ((place >> 4u) & 15u);
}
