// (max(x, largest of the item − BELOW_MAX) + OFFSET) · SCALE, one item per workgroup. NaN is kept and never is the largest.

@group(0) @binding(0) var<storage, read> operand: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

struct Batch {
    items: u32,
    // Workgroups of the first dispatch dimension.
    groups_x: u32,
}

@group(0) @binding(2) var<uniform> batch: Batch;

var<workgroup> largest: array<f32, GROUP>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let item = group.y * batch.groups_x + group.x;
    let first = min(item, batch.items - 1u) * VALUES;
    var mine = LOWEST;
    for (var i = thread; i < VALUES; i += GROUP) {
        let x = operand[first + i];
        if (x > mine) {
            mine = x;
        }
    }
    largest[thread] = mine;
    for (var width = GROUP / 2u; width > 0u; width /= 2u) {
        workgroupBarrier();
        if (thread < width) {
            largest[thread] = max(largest[thread], largest[thread + width]);
        }
    }
    workgroupBarrier();
    let bottom = largest[0] - BELOW_MAX;
    if (item < batch.items) {
        for (var i = thread; i < VALUES; i += GROUP) {
            var x = operand[first + i];
            if (x < bottom) {
                x = bottom;
            }
            result[first + i] = (x + OFFSET) * SCALE;
        }
    }
}
