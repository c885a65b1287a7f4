// Numbers with 48 bits as sums of two floats (Dekker, Knuth): (high, low). Complex numbers are (re, im), two of these each.
//
// Compilers of shaders may contract and reorder sums and products of floats. A value that passes through an integer operation with
// a number that only the host knows (`batch.zero`) is rounded, whatever the compiler does. Products are split into halves of
// twelve bits, whose products are exact with and without contraction; `fma` may be two operations.

struct Batch {
    items: u32,
    // Workgroups of the first dispatch dimension.
    groups_x: u32,
    zero: u32,
}

@group(0) @binding(2) var<uniform> batch: Batch;

fn rounded(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) ^ batch.zero);
}

// |a| ≥ |b|.
fn normal(a: f32, b: f32) -> vec2f {
    let s = rounded(a + b);
    return vec2f(s, rounded(b - rounded(s - a)));
}

fn exact_sum(a: f32, b: f32) -> vec2f {
    let s = rounded(a + b);
    let t = rounded(s - a);
    return vec2f(s, rounded(rounded(a - rounded(s - t)) + rounded(b - t)));
}

fn plus(a: vec2f, b: vec2f) -> vec2f {
    let s = exact_sum(a.x, b.x);
    let t = exact_sum(a.y, b.y);
    let u = normal(s.x, rounded(s.y + t.x));
    return normal(u.x, rounded(u.y + t.y));
}

fn minus(a: vec2f, b: vec2f) -> vec2f {
    return plus(a, -b);
}

// The upper twelve bits.
fn upper(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}

fn times(a: vec2f, b: vec2f) -> vec2f {
    let p = rounded(a.x * b.x);
    let ah = upper(a.x);
    let bh = upper(b.x);
    let al = rounded(a.x - ah);
    let bl = rounded(b.x - bh);
    var e = rounded(ah * bh - p);
    e = rounded(e + ah * bl);
    e = rounded(e + al * bh);
    e = rounded(e + al * bl);
    e = rounded(e + rounded(a.x * b.y + a.y * b.x));
    return normal(p, e);
}

fn complex_plus(a: vec4f, b: vec4f) -> vec4f {
    return vec4f(plus(a.xy, b.xy), plus(a.zw, b.zw));
}

fn complex_times(a: vec4f, b: vec4f) -> vec4f {
    return vec4f(minus(times(a.xy, b.xy), times(a.zw, b.zw)), plus(times(a.xy, b.zw), times(a.zw, b.xy)));
}

fn power(a: vec4f) -> vec2f {
    return plus(times(a.xy, a.xy), times(a.zw, a.zw));
}
