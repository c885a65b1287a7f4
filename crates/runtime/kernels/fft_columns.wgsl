// First half of a transform that does not fit in one workgroup: N_FFT = N · COLUMNS points as a matrix, sample n at row
// n / COLUMNS, column n % COLUMNS.
//
//   for each column c: N points over its rows, times W_N_FFT^(c·k) → scratch[k · COLUMNS + c]
//
// Neighbouring threads have neighbouring columns, so that their reads are contiguous. Bounded by memory: each half reads
// and writes the frame once.

@group(0) @binding(2) var<storage, read> twiddles: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> scratch: array<vec2f>;

struct Batch {
    items: u32,
    // Workgroups of the first dispatch dimension.
    groups_x: u32,
}

@group(0) @binding(4) var<uniform> batch: Batch;
// cos and sin of −2π·j / N_FFT.
@group(0) @binding(5) var<storage, read> roots: array<vec2f>;

var<private> v: array<vec2f, R>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let t = thread / ROWS;
    let item = (group.y * batch.groups_x + group.x) * ROWS + thread % ROWS;
    let base = (thread % ROWS) * PAIRS_OF_ROW;
    let held = min(item, batch.items - 1u);
    let frame = held / COLUMNS;
    let column = held % COLUMNS;
    for (var m = 0u; m < R; m++) { // unroll
        let at = (t + T * m) * COLUMNS + column;
        v[m] = vec2f(0.0);
        if (at < LEN) {
            v[m] = framed(frame, at) * window[at];
        }
    }
    transform(t, base);
    if (item < batch.items) {
        for (var m = 0u; m < R; m++) { // unroll
            let k = t + T * m;
            scratch[(frame * N + k) * COLUMNS + column] = mul(v[m], roots[column * k]);
        }
    }
}
