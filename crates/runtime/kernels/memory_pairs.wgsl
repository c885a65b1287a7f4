// Workgroup memory as pairs of words: a complex value or a (power, bin) pair in one access.

var<workgroup> lds: array<vec2u, PAIRS_OF_GROUP>;
var<workgroup> lists: array<atomic<u32>, ROWS>;

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

// A list that the threads of a row append to.
fn list_nothing(slot: u32) {
    atomicStore(&lists[slot], 0u);
}

fn list_next(slot: u32) -> u32 {
    return atomicAdd(&lists[slot], 1u);
}

fn list_length(slot: u32) -> u32 {
    return atomicLoad(&lists[slot]);
}
