// Frames of samples to their spectra, powers or averaged powers, at any length, each frame in one workgroup.
//
//   load: LEN samples at frame · HOP + OFFSET, minus their mean or line, times the window, padded with zeros
//     PAIRED (real samples, N_FFT even): M = N_FFT/2 points, z[m] = x[2m] + i·x[2m+1]; else M = N_FFT points
//   transform of M points in passes, or (CHIRP) as a convolution by two transforms of more points:
//     z[m]·c[m] → spectrum · that of conj(c) → · c[k],  c[m] = exp(−πi·m²/M)
//   PAIRED: with A = Z_k, B = Z_{M−k}, E = A + B*, V = −i·w^k·(A − B*): X_k = E + V, X_{M−k} = (E − V)*; the window is halved
//   store each bin; or (AVERAGE) the sum, largest or smallest of FRAMES_OF_ITEM frames of a row
//
// An item is a frame, or a group of frames of a row. Bounded by workgroup memory.

struct Batch {
    items: u32,
    // Workgroups of the first dispatch dimension.
    groups_x: u32,
}

@group(0) @binding(1) var<storage, read> window: array<f32>;
@group(0) @binding(2) var<storage, read> twiddles: array<vec2f>;
@group(0) @binding(4) var<uniform> batch: Batch;
// w^k, k ≤ M/2; then the chirp; then the filter's spectrum.
@group(0) @binding(5) var<storage, read> more: array<vec2f>;

const PAD_REFLECT: u32 = 2u;
const PAD_MIRROR: u32 = 3u;
const MEAN: u32 = 0u;
const MAX_HOLD: u32 = 1u;
const MIN_HOLD: u32 = 2u;
const TURN_NON_FINITE: u32 = 0x80800000u;

var<private> v: array<vec2f, POINTS>;
var<private> low: array<vec2f, SLOTS>;
var<private> high: array<vec2f, SLOTS>;
var<private> held_low: array<u32, SLOTS>;
var<private> held_high: array<u32, SLOTS>;

// Place `at` of a row, of whatever the padding has beyond its ends.
fn placed(row: u32, at: i32) -> vec2f {
    const LAST: i32 = i32(ROW_LEN) - 1;
    var i = at;
    if (PAD == PAD_REFLECT) {
        i = abs(i);
        i = select(i, 2 * LAST - i, i > LAST);
    } else if (PAD == PAD_MIRROR) {
        // Once around both ends at a time.
        let turn_len = 2 * (LAST + 1);
        i = ((i % turn_len) + turn_len) % turn_len;
        i = select(i, turn_len - 1 - i, i > LAST);
    }
    if (i < 0 || i > LAST) {
        return vec2f(0.0);
    }
    let source = row * ROW_LEN + u32(i);
    if (COMPLEX) {
        return vec2f(sample(2u * source), sample(2u * source + 1u));
    }
    return vec2f(sample(source), 0.0);
}

fn chirped(z: vec2f, i: u32) -> vec2f {
    if (CHIRP) {
        return mul(z.yx, more[CHIRP_AT + i]);
    }
    return z;
}

fn load(row: u32, frame: u32, t: u32, base: u32) {
    let start = i32(frame * HOP) + OFFSET;
    for (var u = 0u; u < F_PERu; u++) { // unroll
        for (var j = 0u; j < F_RADIXu; j++) { // unroll
            let b = t + T * u;
            let p = b + j * F_COUNTu;
            let there = b < F_COUNTu && p < M;
            v[u * F_RADIXu + j] = vec2f(0.0);
            if (there && SPREAD * p < LEN) {
                v[u * F_RADIXu + j] = placed(row, start + i32(SPREAD * p));
                if (PAIRED && 2u * p + 1u < LEN) {
                    v[u * F_RADIXu + j].y = placed(row, start + i32(2u * p + 1u)).x;
                }
            }
        }
    }
    if (DETREND || LINE) {
        remove_trend(t, base);
    }
    for (var u = 0u; u < F_PERu; u++) { // unroll
        for (var j = 0u; j < F_RADIXu; j++) { // unroll
            let b = t + T * u;
            let p = b + j * F_COUNTu;
            if (b < F_COUNTu && p < M && SPREAD * p < LEN) {
                if (PAIRED) {
                    v[u * F_RADIXu + j] *= vec2f(window[2u * p], window[2u * p + 1u]);
                } else {
                    v[u * F_RADIXu + j] *= window[p];
                }
                if (CHIRP) {
                    v[u * F_RADIXu + j] = mul(v[u * F_RADIXu + j], more[CHIRP_AT + p]);
                }
            }
        }
    }
}

// The mean, or the line of least squares. Twice: what the second round finds is of small numbers, so an offset costs nothing.
fn remove_trend(t: u32, base: u32) {
    const MIDDLE: f32 = 0.5 * f32(LEN - 1u);
    for (var round_index = 0u; round_index < 2u; round_index++) {
        var sum = vec2f(0.0);
        var moment = vec2f(0.0);
        for (var u = 0u; u < F_PERu; u++) { // unroll
            for (var j = 0u; j < F_RADIXu; j++) { // unroll
                let d = f32(SPREAD * (t + T * u + j * F_COUNTu)) - MIDDLE;
                sum += v[u * F_RADIXu + j];
                moment += v[u * F_RADIXu + j] * vec2f(d, select(d, d + 1.0, PAIRED));
            }
        }
        if (!COMPLEX) {
            // One signal: its sum and its moment.
            sum = sum_over_row(vec2f(sum.x + sum.y, moment.x + moment.y), t, base);
            moment = vec2f(sum.y, sum.y);
            sum.y = sum.x;
        } else {
            sum = sum_over_row(sum, t, base);
            if (LINE) {
                moment = sum_over_row(moment, t, base);
            }
        }
        let mean = sum / f32(LEN);
        let slope = select(vec2f(0.0), moment * SQUARES, LINE);
        for (var u = 0u; u < F_PERu; u++) { // unroll
            for (var j = 0u; j < F_RADIXu; j++) { // unroll
                let b = t + T * u;
                let p = b + j * F_COUNTu;
                let i = SPREAD * p;
                let d = f32(i) - MIDDLE;
                if (b < F_COUNTu && p < M && i < LEN) {
                    v[u * F_RADIXu + j].x = (v[u * F_RADIXu + j].x - mean.x) - slope.x * d;
                    if (COMPLEX) {
                        v[u * F_RADIXu + j].y = (v[u * F_RADIXu + j].y - mean.y) - slope.y * d;
                    } else if (PAIRED && i + 1u < LEN) {
                        v[u * F_RADIXu + j].y = (v[u * F_RADIXu + j].y - mean.x) - slope.x * (d + 1.0);
                    }
                }
            }
        }
    }
}

// The spectrum's values from the transform's.
fn untangle(t: u32) {
    for (var s = 0u; s < SLOTS; s++) { // unroll
        let w = more[min(t + T * s, HELD - 1u)];
        let even = vec2f(low[s].x + high[s].x, low[s].y - high[s].y);
        let odd = turn(mul(vec2f(low[s].x - high[s].x, low[s].y + high[s].y), w));
        low[s] = even + odd;
        high[s] = vec2f(even.x - odd.x, odd.y - even.y);
    }
}

fn gathered(before: u32, power: f32) -> u32 {
    if (AVERAGE == MEAN) {
        return bitcast<u32>(bitcast<f32>(before) + power);
    }
    // Bits of powers have the order of the numbers, NaN above infinity; for the minimum they are turned so that what is not
    // finite lies below all numbers and stays.
    if (AVERAGE == MIN_HOLD) {
        return min(before, bitcast<u32>(power) + TURN_NON_FINITE);
    }
    return max(before, bitcast<u32>(power));
}

fn average_of(bits: u32) -> f32 {
    if (AVERAGE == MIN_HOLD) {
        return bitcast<f32>(bits - TURN_NON_FINITE);
    }
    return bitcast<f32>(bits);
}

fn write_average(at: u32, bin: u32, bits: u32) {
    let doubled = ONE_SIDED && bin != 0u && 2u * bin != N_FFT;
    let power = average_of(bits) * SCALE * select(1.0, 2.0, doubled);
    result[at + bin] = select(0.0, power, bin >= KEEP_LO && bin < KEEP_HI);
    let mirror = N_FFT - bin;
    if (MIRRORED && bin > 0u && 2u * bin != N_FFT) {
        result[at + mirror] = select(0.0, power, mirror >= KEEP_LO && mirror < KEEP_HI);
    }
}

fn write_bin(frame: u32, bin: u32, z: vec2f) {
    store(frame, batch.items, bin, z);
    if (MIRRORED && bin > 0u && 2u * bin != N_FFT) {
        store(frame, batch.items, N_FFT - bin, vec2f(z.x, -z.y));
    }
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let t = thread % T;
    let item = (group.y * batch.groups_x + group.x) * ROWS + thread / T;
    let base = (thread / T) * PAIRS_OF_ROW;
    // Threads beyond the last item compute it again: barriers are for all.
    let taken = min(item, batch.items - 1u);
    let row = taken / ITEMS;
    for (var s = 0u; s < SLOTS; s++) { // unroll
        held_low[s] = select(0u, 0xffffffffu, AVERAGE == MIN_HOLD);
        held_high[s] = held_low[s];
    }
    for (var g = 0u; g < FRAMES_OF_ITEM; g++) {
        let asked = (taken % ITEMS) * FRAMES_OF_ITEM + g;
        load(row, min(asked, SEGMENTS - 1u), t, base);
        transform(t, base);
        collect(t, base);
        if (PAIRED) {
            untangle(t);
        }
        for (var s = 0u; s < SLOTS; s++) { // unroll
            let k = t + T * s;
            if (AVERAGED) {
                if (asked < SEGMENTS) {
                    held_low[s] = gathered(held_low[s], dot(low[s], low[s]));
                    held_high[s] = gathered(held_high[s], dot(high[s], high[s]));
                }
            } else if (item < batch.items && k < HELD) {
                write_bin(item, k, low[s]);
                if (PAIRED && 2u * k != M) {
                    write_bin(item, M - k, high[s]);
                }
            }
        }
    }
    if (AVERAGED && item < batch.items) {
        for (var s = 0u; s < SLOTS; s++) { // unroll
            let k = t + T * s;
            if (k < HELD) {
                write_average(item * BINS, k, held_low[s]);
                if (PAIRED && 2u * k != M) {
                    write_average(item * BINS, M - k, held_high[s]);
                }
            }
        }
    }
}
