// The K_OUT strongest of a row's N/2 + 1 powers, exactly, by power descending, of equal ones the lower bin first.
//
//   1. thread t splits its bins into groups; the best of each of the GROUPS groups goes to workgroup memory
//   2. a group's rank = number of groups whose best is before its own; the one of rank K_OUT − 1 is the bar
//      (K_OUT bins are at or above it, and all of the K_OUT strongest are; at most K_OUT · MEMBERS + 1 pass)
//   3. those who pass are listed: groups by rank, each after the passed members of those before it
//   4. a listed bin's rank = number of listed bins before it; ranks below K_OUT are written
//
// No atomics, so the same work in the same order each time. Compared are a power's bits, which have the order of
// the numbers, and NaN comes first: the host looks for it at rank 0. Bound by the reads of step 2 and 4, which are
// broadcasts.

const LISTED_GROUPS: u32 = min(K_OUT, GROUPS);
// Slots of a row: groups' bests, later the list, then the bar, then how many of each group pass.
const BAR: u32 = max(GROUPS, LISTED_GROUPS * MEMBERS + 1u);
const COUNTS: u32 = BAR + 1u;

fn before(a: vec2u, b: vec2u) -> bool {
    return a.x > b.x || (a.x == b.x && a.y < b.y);
}

fn member(t: u32, i: u32, s: u32) -> vec2u {
    let m = i + GROUPS_OF_THREAD * s;
    return vec2u(bitcast<u32>(p[m]), t + T * m);
}

fn top_k(t: u32, base: u32, row: u32, live: bool) {
    let last = vec2u(bitcast<u32>(nyquist), N / 2u);
    var best: array<vec2u, GROUPS_OF_THREAD>;
    workgroupBarrier();
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
        put(base + t + T * i, best[i]);
    }
    workgroupBarrier();
    var rank: array<u32, GROUPS_OF_THREAD>;
    // Four at a time, so that their reads overlap; GROUPS is a power of two from 8.
    for (var g = 0u; g < GROUPS; g += 4u) {
        var others: array<vec2u, 4>;
        for (var u = 0u; u < 4u; u++) { // unroll
            others[u] = fetch(base + g + u);
        }
        for (var u = 0u; u < 4u; u++) { // unroll
            for (var i = 0u; i < GROUPS_OF_THREAD; i++) { // unroll
                rank[i] += select(0u, 1u, before(others[u], best[i]));
            }
        }
    }
    for (var i = 0u; i < GROUPS_OF_THREAD; i++) { // unroll
        if (rank[i] == K_OUT - 1u) {
            put(base + BAR, best[i]);
        }
    }
    workgroupBarrier();
    // With as many places as groups, everything passes.
    var bar = vec2u(0u, N);
    if (K_OUT < GROUPS) {
        bar = fetch(base + BAR);
    }
    let last_passes = t == 0u && !before(bar, last);
    for (var i = 0u; i < GROUPS_OF_THREAD; i++) { // unroll
        if (rank[i] < LISTED_GROUPS) {
            var passed = select(0u, 1u, i == 0u && last_passes);
            for (var s = 0u; s < MEMBERS; s++) { // unroll
                passed += select(1u, 0u, before(bar, member(t, i, s)));
            }
            put(base + COUNTS + rank[i], vec2u(passed, 0u));
        }
    }
    workgroupBarrier();
    var at: array<u32, GROUPS_OF_THREAD>;
    var listed = 0u;
    for (var g = 0u; g < LISTED_GROUPS; g++) {
        let passed = fetch(base + COUNTS + g).x;
        for (var i = 0u; i < GROUPS_OF_THREAD; i++) { // unroll
            at[i] += select(0u, passed, g < rank[i]);
        }
        listed += passed;
    }
    for (var i = 0u; i < GROUPS_OF_THREAD; i++) { // unroll
        if (rank[i] < LISTED_GROUPS) {
            for (var s = 0u; s < MEMBERS; s++) { // unroll
                let bin = member(t, i, s);
                if (!before(bar, bin)) {
                    put(base + at[i], bin);
                    at[i] += 1u;
                }
            }
            if (i == 0u && last_passes) {
                put(base + at[i], last);
            }
        }
    }
    workgroupBarrier();
    for (var mine = t; mine < listed; mine += T) {
        let bin = fetch(base + mine);
        var place = 0u;
        for (var other = 0u; other < listed; other++) {
            place += select(0u, 1u, before(fetch(base + other), bin));
        }
        if (place < K_OUT && live) {
            peaks[row * K_OUT + place] = vec2f(f32(bin.y), bitcast<f32>(bin.x));
        }
    }
}
