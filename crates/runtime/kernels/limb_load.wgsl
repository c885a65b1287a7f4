// Two neighbouring segments of LEN samples, minus their means or lines, times the window, padded with zeros: the real and the
// imaginary parts of N points. One workgroup per pair of segments; samples are two floats each.

@group(0) @binding(0) var<storage, read> samples: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;
// Weights, then 1/LEN and 12/(LEN·(LEN² − 1)).
@group(0) @binding(3) var<storage, read> window: array<vec2f>;

var<workgroup> parts: array<vec4f, GROUP>;

fn distance(i: u32) -> vec2f {
    return vec2f(f32(i) - 0.5 * f32(LEN - 1u), 0.0);
}

// The sum over the threads of the workgroup, of two numbers.
fn total(value: vec4f, t: u32) -> vec4f {
    workgroupBarrier();
    parts[t] = value;
    for (var stride = GROUP / 2u; stride > 0u; stride /= 2u) {
        workgroupBarrier();
        if (t < stride) {
            parts[t] = complex_plus(parts[t], parts[t + stride]);
        }
    }
    workgroupBarrier();
    return parts[0];
}

// Mean and slope of a segment.
fn trend(start: u32, t: u32) -> vec4f {
    var sums = vec4f(0.0);
    for (var i = t; i < LEN; i += GROUP) {
        let x = samples[start + i];
        var moment = vec2f(0.0);
        if (LINE) {
            moment = times(x, distance(i));
        }
        sums = complex_plus(sums, vec4f(x, moment));
    }
    let all = total(sums, t);
    return vec4f(times(all.xy, window[LEN]), times(all.zw, window[LEN + 1u]));
}

fn point(start: u32, i: u32, line: vec4f) -> vec2f {
    var x = samples[start + i];
    if (DETREND) {
        x = minus(x, line.xy);
        if (LINE) {
            x = minus(x, times(line.zw, distance(i)));
        }
    }
    return times(x, window[i]);
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
    let wanted = group.y * batch.groups_x + group.x;
    // Barriers are for all: what lies beyond the last pair is computed, and not written.
    let item = min(wanted, batch.items - 1u);
    let pair = item % PAIRS;
    let row = (item / PAIRS) * ROW_LEN;
    let first = row + 2u * pair * HOP;
    let both = 2u * pair + 1u < SEGMENTS;
    let second = select(first, first + HOP, both);
    var trends = array<vec4f, 2>(vec4f(0.0), vec4f(0.0));
    if (DETREND) {
        trends[0] = trend(first, t);
        trends[1] = trend(second, t);
    }
    if (wanted >= batch.items) {
        return;
    }
    for (var p = t; p < N; p += GROUP) {
        var z = vec4f(0.0);
        if (p < LEN) {
            z = vec4f(point(first, p, trends[0]), vec2f(0.0));
            if (both) {
                z = vec4f(z.xy, point(second, p, trends[1]));
            }
        }
        result[item * N + p] = z;
    }
}
