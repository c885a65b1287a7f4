// Subsequences of L points, already transformed, to those of L·R, one point per thread:
//   result[m][k] = Σ_j w^(M·j·k) · operand[m + M·j][k mod L],  w = exp(−2πi/N), M = N/(L·R)

@group(0) @binding(0) var<storage, read> operand: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(3) var<storage, read> roots: array<vec4f>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    const M: u32 = N / (L * R);
    let at = (group.y * batch.groups_x + group.x) * GROUP + thread;
    if (at < batch.items) {
        let p = at % N;
        let k = p % (L * R);
        let start = at - p + (p / (L * R)) * L + k % L;
        var value = operand[start];
        for (var j = 1u; j < R; j++) {
            value = complex_plus(value, complex_times(operand[start + j * M * L], roots[j * k % (L * R) * M]));
        }
        result[at] = value;
    }
}
