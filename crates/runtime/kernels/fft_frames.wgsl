// Frames of samples → spectra or powers, each frame in one workgroup.
//
//   load · [detrend] · [pre-emphasis] · window → transform → store
//
// A real frame is transformed as a complex one, so that no bin depends on another frame. Bounded by writing the spectrum.

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
    // Threads beyond the last frame compute it again: barriers are for all.
    let frame = min(item, batch.items - 1u);
    for (var m = 0u; m < R; m++) { // unroll
        v[m] = vec2f(0.0);
        if (WHOLE || t + T * m < LEN) {
            v[m] = framed(frame, t + T * m);
        }
    }
    if (DETREND) {
        detrend(t, base);
    }
    if (PREEMPHASISED) {
        preemphasise(t, base);
    }
    for (var m = 0u; m < R; m++) { // unroll
        if (WHOLE || t + T * m < LEN) {
            v[m] *= window[t + T * m];
        }
    }
    transform(t, base);
    if (item < batch.items) {
        for (var m = 0u; m < R; m++) { // unroll
            store(frame, batch.items, t + T * m, v[m]);
        }
    }
}
