// Second half of a transform that does not fit in one workgroup: N points of each of the ROWS_OF_FRAME rows of fft_columns;
// value k of row r is bin r + ROWS_OF_FRAME · k.

@group(0) @binding(0) var<storage, read> scratch: array<vec2f>;
@group(0) @binding(2) var<storage, read> twiddles: array<vec2f>;

struct Batch {
    items: u32,
    // Workgroups of the first dispatch dimension.
    groups_x: u32,
}

@group(0) @binding(4) var<uniform> batch: Batch;

var<private> v: array<vec2f, R>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let t = thread % T;
    let item = (group.y * batch.groups_x + group.x) * ROWS + thread / T;
    let base = (thread / T) * PAIRS_OF_ROW;
    let held = min(item, batch.items - 1u);
    let frame = held / ROWS_OF_FRAME;
    let row = held % ROWS_OF_FRAME;
    for (var m = 0u; m < R; m++) { // unroll
        v[m] = scratch[held * N + t + T * m];
    }
    transform(t, base);
    if (item < batch.items) {
        for (var m = 0u; m < R; m++) { // unroll
            store(frame, batch.items / ROWS_OF_FRAME, row + ROWS_OF_FRAME * (t + T * m), v[m]);
        }
    }
}
