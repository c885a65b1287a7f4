// Workgroup memory as words, for transforms whose complex values do not fit at once. The exchange needs all of it, so the
// lengths of the lists are in the last words of the rows, and all words are atomic because of these.

var<workgroup> lds: array<atomic<u32>, 2u * PAIRS_OF_GROUP>;

fn put_word(at: u32, word: u32) {
    atomicStore(&lds[at], word);
}

fn fetch_word(at: u32) -> u32 {
    return atomicLoad(&lds[at]);
}

fn put(at: u32, pair: vec2u) {
    put_word(2u * at, pair.x);
    put_word(2u * at + 1u, pair.y);
}

fn fetch(at: u32) -> vec2u {
    return vec2u(fetch_word(2u * at), fetch_word(2u * at + 1u));
}

// Threads that write with a stride of 8 or 16 words, or read side by side, meet different banks.
fn swizzle(place: u32) -> u32 {
    return place ^ ((place >> 5u) & 31u);
}

// A list that the threads of a row append to.
fn list_word(slot: u32) -> u32 {
    return 2u * PAIRS_OF_ROW * (slot + 1u) - 1u;
}

fn list_nothing(slot: u32) {
    put_word(list_word(slot), 0u);
}

fn list_next(slot: u32) -> u32 {
    return atomicAdd(&lds[list_word(slot)], 1u);
}

fn list_length(slot: u32) -> u32 {
    return fetch_word(list_word(slot));
}
