// Forward transforms of 2 to 10 and of 16 points in registers, natural order in and out; e^(−2πi·kn/N).
// Their constants are the only twiddles that are not in a table.

fn mul(a: vec2f, b: vec2f) -> vec2f {
    return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

// Times −i.
fn turn(a: vec2f) -> vec2f {
    return vec2f(a.y, -a.x);
}

const HALF_ROOT: f32 = 0.70710678118654752;

fn fft_2(x: array<vec2f, 2>) -> array<vec2f, 2> {
    return array<vec2f, 2>(x[0] + x[1], x[0] - x[1]);
}

fn fft_3(x: array<vec2f, 3>) -> array<vec2f, 3> {
    const SIN: f32 = 0.86602540378443865;
    let a = x[1] + x[2];
    let even = x[0] - 0.5 * a;
    let odd = turn(SIN * (x[1] - x[2]));
    return array<vec2f, 3>(x[0] + a, even + odd, even - odd);
}

fn fft_4(x: array<vec2f, 4>) -> array<vec2f, 4> {
    let a = x[0] + x[2];
    let b = x[0] - x[2];
    let c = x[1] + x[3];
    let d = turn(x[1] - x[3]);
    return array<vec2f, 4>(a + c, b + d, a - c, b - d);
}

fn fft_5(x: array<vec2f, 5>) -> array<vec2f, 5> {
    const COS_1: f32 = 0.30901699437494742;
    const COS_2: f32 = -0.80901699437494742;
    const SIN_1: f32 = 0.95105651629515357;
    const SIN_2: f32 = 0.58778525229247313;
    let a = x[1] + x[4];
    let b = x[2] + x[3];
    let c = x[1] - x[4];
    let d = x[2] - x[3];
    let even_1 = x[0] + COS_1 * a + COS_2 * b;
    let even_2 = x[0] + COS_2 * a + COS_1 * b;
    let odd_1 = turn(SIN_1 * c + SIN_2 * d);
    let odd_2 = turn(SIN_2 * c - SIN_1 * d);
    return array<vec2f, 5>(x[0] + a + b, even_1 + odd_1, even_2 + odd_2, even_2 - odd_2, even_1 - odd_1);
}

// Of coprime factors: point 3·i + 2·j (mod 6), bin k of (k mod 2, k mod 3).
fn fft_6(x: array<vec2f, 6>) -> array<vec2f, 6> {
    let a = fft_2(array<vec2f, 2>(x[0], x[3]));
    let b = fft_2(array<vec2f, 2>(x[2], x[5]));
    let c = fft_2(array<vec2f, 2>(x[4], x[1]));
    let even = fft_3(array<vec2f, 3>(a[0], b[0], c[0]));
    let odd = fft_3(array<vec2f, 3>(a[1], b[1], c[1]));
    return array<vec2f, 6>(even[0], odd[1], even[2], odd[0], even[1], odd[2]);
}

fn fft_7(x: array<vec2f, 7>) -> array<vec2f, 7> {
    const COS_1: f32 = 0.62348980185873353;
    const COS_2: f32 = -0.22252093395631440;
    const COS_3: f32 = -0.90096886790241913;
    const SIN_1: f32 = 0.78183148246802981;
    const SIN_2: f32 = 0.97492791218182361;
    const SIN_3: f32 = 0.43388373911755812;
    let a = x[1] + x[6];
    let b = x[2] + x[5];
    let c = x[3] + x[4];
    let d = x[1] - x[6];
    let e = x[2] - x[5];
    let f = x[3] - x[4];
    let even_1 = x[0] + COS_1 * a + COS_2 * b + COS_3 * c;
    let even_2 = x[0] + COS_2 * a + COS_3 * b + COS_1 * c;
    let even_3 = x[0] + COS_3 * a + COS_1 * b + COS_2 * c;
    let odd_1 = turn(SIN_1 * d + SIN_2 * e + SIN_3 * f);
    let odd_2 = turn(SIN_2 * d - SIN_3 * e - SIN_1 * f);
    let odd_3 = turn(SIN_3 * d - SIN_1 * e + SIN_2 * f);
    return array<vec2f, 7>(
        x[0] + a + b + c, even_1 + odd_1, even_2 + odd_2, even_3 + odd_3,
        even_3 - odd_3, even_2 - odd_2, even_1 - odd_1,
    );
}

fn fft_8(x: array<vec2f, 8>) -> array<vec2f, 8> {
    let e = fft_4(array<vec2f, 4>(x[0], x[2], x[4], x[6]));
    let o = fft_4(array<vec2f, 4>(x[1], x[3], x[5], x[7]));
    let o_1 = HALF_ROOT * vec2f(o[1].x + o[1].y, o[1].y - o[1].x);
    let o_2 = turn(o[2]);
    let o_3 = HALF_ROOT * vec2f(o[3].y - o[3].x, -o[3].x - o[3].y);
    return array<vec2f, 8>(
        e[0] + o[0], e[1] + o_1, e[2] + o_2, e[3] + o_3,
        e[0] - o[0], e[1] - o_1, e[2] - o_2, e[3] - o_3,
    );
}

fn fft_9(x: array<vec2f, 9>) -> array<vec2f, 9> {
    // exp(−2πi·k/9) for k = 1, 2 and 4.
    const ROOT_1 = vec2f(0.76604444311897804, -0.64278760968653933);
    const ROOT_2 = vec2f(0.17364817766693035, -0.98480775301220806);
    const ROOT_4 = vec2f(-0.93969262078590838, -0.34202014332566873);
    let a = fft_3(array<vec2f, 3>(x[0], x[3], x[6]));
    let b = fft_3(array<vec2f, 3>(x[1], x[4], x[7]));
    let c = fft_3(array<vec2f, 3>(x[2], x[5], x[8]));
    let y_0 = fft_3(array<vec2f, 3>(a[0], b[0], c[0]));
    let y_1 = fft_3(array<vec2f, 3>(a[1], mul(b[1], ROOT_1), mul(c[1], ROOT_2)));
    let y_2 = fft_3(array<vec2f, 3>(a[2], mul(b[2], ROOT_2), mul(c[2], ROOT_4)));
    return array<vec2f, 9>(y_0[0], y_1[0], y_2[0], y_0[1], y_1[1], y_2[1], y_0[2], y_1[2], y_2[2]);
}

// Of coprime factors: point 5·i + 2·j (mod 10), bin k of (k mod 2, k mod 5).
fn fft_10(x: array<vec2f, 10>) -> array<vec2f, 10> {
    let a = fft_2(array<vec2f, 2>(x[0], x[5]));
    let b = fft_2(array<vec2f, 2>(x[2], x[7]));
    let c = fft_2(array<vec2f, 2>(x[4], x[9]));
    let d = fft_2(array<vec2f, 2>(x[6], x[1]));
    let e = fft_2(array<vec2f, 2>(x[8], x[3]));
    let even = fft_5(array<vec2f, 5>(a[0], b[0], c[0], d[0], e[0]));
    let odd = fft_5(array<vec2f, 5>(a[1], b[1], c[1], d[1], e[1]));
    return array<vec2f, 10>(
        even[0], odd[1], even[2], odd[3], even[4], odd[0], even[1], odd[2], even[3], odd[4],
    );
}

fn fft_16(x: array<vec2f, 16>) -> array<vec2f, 16> {
    const COS: f32 = 0.92387953251128674;
    const SIN: f32 = 0.38268343236508977;
    let a = fft_4(array<vec2f, 4>(x[0], x[4], x[8], x[12]));
    let b = fft_4(array<vec2f, 4>(x[1], x[5], x[9], x[13]));
    let c = fft_4(array<vec2f, 4>(x[2], x[6], x[10], x[14]));
    let d = fft_4(array<vec2f, 4>(x[3], x[7], x[11], x[15]));
    let b_1 = mul(b[1], vec2f(COS, -SIN));
    let b_2 = HALF_ROOT * vec2f(b[2].x + b[2].y, b[2].y - b[2].x);
    let b_3 = mul(b[3], vec2f(SIN, -COS));
    let c_1 = HALF_ROOT * vec2f(c[1].x + c[1].y, c[1].y - c[1].x);
    let c_2 = turn(c[2]);
    let c_3 = HALF_ROOT * vec2f(c[3].y - c[3].x, -c[3].x - c[3].y);
    let d_1 = mul(d[1], vec2f(SIN, -COS));
    let d_2 = HALF_ROOT * vec2f(d[2].y - d[2].x, -d[2].x - d[2].y);
    let d_3 = mul(d[3], vec2f(-COS, SIN));
    let y_0 = fft_4(array<vec2f, 4>(a[0], b[0], c[0], d[0]));
    let y_1 = fft_4(array<vec2f, 4>(a[1], b_1, c_1, d_1));
    let y_2 = fft_4(array<vec2f, 4>(a[2], b_2, c_2, d_2));
    let y_3 = fft_4(array<vec2f, 4>(a[3], b_3, c_3, d_3));
    return array<vec2f, 16>(
        y_0[0], y_1[0], y_2[0], y_3[0], y_0[1], y_1[1], y_2[1], y_3[1],
        y_0[2], y_1[2], y_2[2], y_3[2], y_0[3], y_1[3], y_2[3], y_3[3],
    );
}
