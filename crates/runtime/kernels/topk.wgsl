// The K_OUT strongest of a row's N/2 + 1 powers, exactly, by descending power; the lower of equal bins is first.
//
//   1. the row's bins are distributed over GROUPS groups; each thread finds the best of its members of each group, and if
//      FAN threads share a group, one of them finds the best of these
//   2. a group's rank = number of groups with a better best bin; the best bin of the group of rank K_OUT − 1 is the
//      threshold (at least K_OUT bins reach it, among them all of the K_OUT strongest)
//   3. bins that reach the threshold are listed, in any order, at most LIST of them
//   4. a listed bin's rank = number of listed bins before it; ranks below K_OUT are written
//
// SHORT: if a list can hold every bin, groups are compared by one word, their best power with the group's number in its
// last bits, and bins that equal the threshold in the other bits are listed. These are a few bins more, and many in a row
// of equal powers. Otherwise bins are compared in full, and K_OUT groups and the last bin bound the list.
//
// With twice as many groups as output places, about 1.4 · K_OUT bins of noise are listed. The order of the list varies
// from run to run, the ranks do not: no two bins are equal. Powers are compared by their bits, which have the order of the
// numbers, and NaN is first: the host checks for it at rank 0. Bounded by instructions and by the latency of the reads of
// steps 2 and 4, which are broadcasts: four are in flight at a time.

// Pairs of a row: [every thread's bests,] groups' bests; later the list; behind both the bar.
const BESTS: u32 = select(0u, T, FAN > 1u);
const BAR: u32 = max(BESTS + GROUPS, LIST);

// `||` and `&&` would branch: the translator to SPIR-V keeps their order.
fn before(a: vec2u, b: vec2u) -> bool {
    return (a.x > b.x) | ((a.x == b.x) & (a.y < b.y));
}

const NUMBER: u32 = GROUPS - 1u;

fn leads(a: vec2u, b: vec2u) -> bool {
    if (SHORT) {
        return a.x > b.x;
    }
    return before(a, b);
}

fn passes(bin: vec2u, bar: vec2u) -> bool {
    if (SHORT) {
        return bin.x >= (bar.x & ~NUMBER);
    }
    return !before(bar, bin);
}

fn member(t: u32, i: u32, s: u32) -> vec2u {
    let m = i + GROUPS_OF_THREAD * s;
    return vec2u(bitcast<u32>(p[m]), t + T * m);
}

// `slot` is the row's number in the workgroup.
fn top_k(t: u32, slot: u32, base: u32, row: u32, live: bool) {
    let last = vec2u(bitcast<u32>(nyquist), N / 2u);
    var best: array<vec2u, GROUPS_OF_THREAD>;
    workgroupBarrier();
    if (t == 0u) {
        list_nothing(slot);
    }
    for (var i = 0u; i < GROUPS_OF_THREAD; i++) { // unroll
        best[i] = member(t, i, 0u);
        for (var s = 1u; s < MEMBERS; s++) { // unroll
            let other = member(t, i, s);
            if (other.x > best[i].x) {
                best[i] = other;
            }
        }
        if (i == 0u && t == 0u && last.x > best[i].x) {
            best[i] = last;
        }
        if (SHORT) {
            // Of equal powers the lower group leads.
            best[i].x = (best[i].x & ~NUMBER) | (NUMBER - (t + T * i) % GROUPS);
        }
        put(base + t + T * i, best[i]);
    }
    workgroupBarrier();
    if (FAN > 1u) {
        if (t < GROUPS) {
            for (var f = 1u; f < FAN; f++) { // unroll
                let other = fetch(base + t + GROUPS * f);
                if (leads(other, best[0])) {
                    best[0] = other;
                }
            }
            put(base + BESTS + t, best[0]);
        }
        workgroupBarrier();
    }
    if (FAN == 1u || t < GROUPS) {
        var rank: array<u32, GROUPS_OF_THREAD>;
        // GROUPS is a power of two from 8.
        for (var g = 0u; g < GROUPS; g += 4u) {
            var others: array<vec2u, 4>;
            for (var u = 0u; u < 4u; u++) { // unroll
                others[u] = fetch(base + BESTS + g + u);
            }
            for (var u = 0u; u < 4u; u++) { // unroll
                for (var i = 0u; i < GROUPS_OF_THREAD; i++) { // unroll
                    rank[i] += select(0u, 1u, leads(others[u], best[i]));
                }
            }
        }
        for (var i = 0u; i < GROUPS_OF_THREAD; i++) { // unroll
            if (rank[i] == K_OUT - 1u) {
                put(base + BAR, best[i]);
            }
        }
    }
    workgroupBarrier();
    // With as many places as groups, everything passes.
    var bar = vec2u(0u, N);
    if (K_OUT < GROUPS) {
        bar = fetch(base + BAR);
    }
    for (var i = 0u; i < GROUPS_OF_THREAD; i++) { // unroll
        for (var s = 0u; s < MEMBERS; s++) { // unroll
            let bin = member(t, i, s);
            if (passes(bin, bar)) {
                put(base + list_next(slot), bin);
            }
        }
    }
    if (t == 0u && passes(last, bar)) {
        put(base + list_next(slot), last);
    }
    workgroupBarrier();
    let listed = list_length(slot);
    for (var mine = t; mine < listed; mine += T) {
        let bin = fetch(base + mine);
        var place = 0u;
        for (var first = 0u; (first < listed) & (place < K_OUT); first += 4u) {
            var others: array<vec2u, 4>;
            for (var u = 0u; u < 4u; u++) { // unroll
                // Beyond the list lies what earlier stages left there.
                others[u] = fetch(base + first + u);
            }
            for (var u = 0u; u < 4u; u++) { // unroll
                place += select(0u, 1u, (first + u < listed) & before(others[u], bin));
            }
        }
        if (place < K_OUT && live) {
            peaks[row * K_OUT + place] = vec2f(f32(bin.y), bitcast<f32>(bin.x));
        }
    }
}
