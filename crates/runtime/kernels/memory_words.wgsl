// Workgroup memory as words, for transforms whose complex values do not fit at once.

var<workgroup> lds: array<u32, 2u * PAIRS_OF_GROUP>;

fn put(at: u32, pair: vec2u) {
    lds[2u * at] = pair.x;
    lds[2u * at + 1u] = pair.y;
}

fn fetch(at: u32) -> vec2u {
    return vec2u(lds[2u * at], lds[2u * at + 1u]);
}

// Threads that write with a stride of 8 or 16 words, or read side by side, meet different banks.
fn swizzle(place: u32) -> u32 {
    return place ^ ((place >> 5u) & 31u);
}
