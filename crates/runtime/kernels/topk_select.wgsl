// The K_OUT largest of BINS values, exactly, one spectrum per workgroup: by descending value; the lower of equal bins is first.
//
//   the bits of the K-th largest byte by byte, from histograms; then all above it, and of those equal to it the lowest bins,
//   each with its rank. Keys with the order of the numbers are compared; NaN is first.

@group(0) @binding(0) var<storage, read> operand: array<f32>;
@group(0) @binding(1) var<storage, read_write> peaks: array<vec2f>;

struct Batch {
    items: u32,
    // Workgroups of the first dispatch dimension.
    groups_x: u32,
}

@group(0) @binding(2) var<uniform> batch: Batch;

var<workgroup> histogram: array<atomic<u32>, 256>;
var<workgroup> list: array<vec2u, K_OUT>;
var<workgroup> equals: array<u32, GROUP>;
var<workgroup> found: atomic<u32>;
var<workgroup> prefix: u32;
var<workgroup> wanted: u32;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let item = group.y * batch.groups_x + group.x;
    let first = min(item, batch.items - 1u) * BINS;
    if (thread == 0u) {
        prefix = 0u;
        wanted = K_OUT;
        atomicStore(&found, 0u);
    }
    for (var pass_index = 0u; pass_index < 4u; pass_index++) {
        let shift = 24u - 8u * pass_index;
        for (var i = thread; i < 256u; i += GROUP) {
            atomicStore(&histogram[i], 0u);
        }
        workgroupBarrier();
        let above = prefix;
        for (var i = thread; i < BINS; i += GROUP) {
            let key = ordered(operand[first + i]);
            if (pass_index == 0u || (key >> ((shift + 8u) & 31u)) == above) {
                atomicAdd(&histogram[(key >> shift) & 255u], 1u);
            }
        }
        workgroupBarrier();
        if (thread == 0u) {
            var digit = 255u;
            var left = wanted;
            var here = atomicLoad(&histogram[digit]);
            while (here < left) {
                left -= here;
                digit -= 1u;
                here = atomicLoad(&histogram[digit]);
            }
            prefix = (above << 8u) | digit;
            wanted = left;
        }
        workgroupBarrier();
    }
    let threshold = prefix;
    // Each thread has neighbouring bins: earlier ties are those of earlier threads.
    const SHARE: u32 = (BINS + GROUP - 1u) / GROUP;
    var mine = 0u;
    for (var i = thread * SHARE; i < min((thread + 1u) * SHARE, BINS); i++) {
        let key = ordered(operand[first + i]);
        if (key > threshold) {
            list[atomicAdd(&found, 1u)] = vec2u(key, i);
        }
        mine += select(0u, 1u, key == threshold);
    }
    equals[thread] = mine;
    workgroupBarrier();
    var tie = 0u;
    for (var other = 0u; other < thread; other++) {
        tie += equals[other];
    }
    for (var i = thread * SHARE; i < min((thread + 1u) * SHARE, BINS); i++) {
        if (ordered(operand[first + i]) == threshold) {
            if (tie < wanted) {
                list[K_OUT - wanted + tie] = vec2u(threshold, i);
            }
            tie += 1u;
        }
    }
    workgroupBarrier();
    for (var i = thread; i < K_OUT; i += GROUP) {
        let own = list[i];
        var rank = 0u;
        for (var j = 0u; j < K_OUT; j++) {
            let other = list[j];
            rank += select(0u, 1u, (other.x > own.x) | ((other.x == own.x) & (other.y < own.y)));
        }
        if (item < batch.items) {
            peaks[item * K_OUT + rank] = vec2f(f32(own.y), number(own.x));
        }
    }
}
