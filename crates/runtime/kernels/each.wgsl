// One value per thread: `compute(at)` of the accompanying file, for every value.

@group(0) @binding(0) var<storage, read> operand: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

struct Batch {
    items: u32,
    // Workgroups of the first dispatch dimension.
    groups_x: u32,
}

@group(0) @binding(2) var<uniform> batch: Batch;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let at = (group.y * batch.groups_x + group.x) * GROUP + thread;
    if (at < batch.items) {
        result[at] = compute(at);
    }
}
