// The sum of the groups' powers, times the factor; bins that stand for their mirror images too are doubled.

@group(0) @binding(0) var<storage, read> operand: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec2f>;
@group(0) @binding(3) var<storage, read> factor: array<vec2f>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group_id: vec3u, @builtin(local_invocation_index) thread: u32) {
    let at = (group_id.y * batch.groups_x + group_id.x) * GROUP + thread;
    if (at < batch.items) {
        let bin = at % BINS;
        let start = (at / BINS) * GROUPS * BINS + bin;
        var sum = vec2f(0.0);
        for (var group = 0u; group < GROUPS; group++) {
            sum = plus(sum, operand[start + group * BINS]);
        }
        result[at] = times(sum, factor[0]) * select(2.0, 1.0, bin == 0u || 2u * bin == N);
    }
}
