// Σ over PAIRS_OF_GROUP pairs of |Z_k|² + |Z_{N−k}|², twice the power of both segments, one bin of a group per thread; times the
// factor if there is one group.

@group(0) @binding(0) var<storage, read> operand: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec2f>;
@group(0) @binding(3) var<storage, read> factor: array<vec2f>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group_id: vec3u, @builtin(local_invocation_index) thread: u32) {
    let at = (group_id.y * batch.groups_x + group_id.x) * GROUP + thread;
    if (at < batch.items) {
        let bin = at % BINS;
        let group = at / BINS % GROUPS;
        let row = at / (BINS * GROUPS);
        let mirror = select(N - bin, 0u, bin == 0u);
        var sum = vec2f(0.0);
        for (var pair = group * PAIRS_OF_GROUP; pair < min((group + 1u) * PAIRS_OF_GROUP, PAIRS); pair++) {
            let start = (row * PAIRS + pair) * N;
            sum = plus(sum, plus(power(operand[start + bin]), power(operand[start + mirror])));
        }
        if (GROUPS == 1u) {
            sum = times(sum, factor[0]);
            sum *= select(2.0, 1.0, bin == 0u || 2u * bin == N);
        }
        result[at] = sum;
    }
}
