// Rows of samples → averaged one-sided raw power → the K strongest bins of each row, in one kernel.
//
//   for each pair of segments:  load · [detrend] · window → transform (stage, exchange) → gather power
//   fold → one-sided power;  [write it]  [top-K: write K (bin, power) pairs]
//
// T threads hold a row, R points each; a workgroup has ROWS rows, so that small transforms fill it. A row's samples are
// read once (the overlap of its segments comes from the cache), and 8·K bytes are written. Bounded by instructions, then
// by the latency of barriers.

struct Batch {
    rows: u32,
    // Workgroups of the first dispatch dimension.
    groups_x: u32,
}

@group(0) @binding(1) var<storage, read> window: array<f32>;
@group(0) @binding(2) var<storage, read> twiddles: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> peaks: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> psd: array<f32>;
@group(0) @binding(5) var<uniform> batch: Batch;

var<private> v: array<vec2f, R>;

fn load(first: u32, pair: u32, t: u32) {
    var a = pair;
    var b = pair;
    if (AVERAGE == MEAN) {
        a = 2u * pair;
        b = min(a + 1u, SEGMENTS - 1u);
    }
    for (var m = 0u; m < R; m++) { // unroll
        let at = t + T * m;
        v[m] = vec2f(0.0);
        if (WHOLE || at < LEN) {
            v[m].x = sample(first + a * HOP + at);
            if (AVERAGE == MEAN) {
                // The second of an odd last pair is not there.
                v[m].y = select(0.0, sample(first + b * HOP + at), a < b);
            }
        }
    }
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let t = thread % T;
    let row = (group.y * batch.groups_x + group.x) * ROWS + thread / T;
    let live = row < batch.rows;
    let base = (thread / T) * PAIRS_OF_ROW;
    // Threads beyond the last row compute it again: barriers are for all.
    let first = min(row, batch.rows - 1u) * ROW_LEN;
    for (var pair = 0u; pair < PAIRS; pair++) {
        load(first, pair, t);
        if (DETREND) {
            detrend(t, base);
        }
        for (var m = 0u; m < R; m++) { // unroll
            if (WHOLE || t + T * m < LEN) {
                v[m] *= window[t + T * m];
            }
        }
        transform(t, base);
        gather(pair);
    }
    fold(t, base);
    if (PSD && live) {
        for (var m = 0u; m < R / 2u; m++) { // unroll
            psd[row * (N / 2u + 1u) + t + T * m] = p[m];
        }
        if (t == 0u) {
            psd[row * (N / 2u + 1u) + N / 2u] = nyquist;
        }
    }
    if (PEAKS) {
        top_k(t, thread / T, base, row, live);
    }
}
