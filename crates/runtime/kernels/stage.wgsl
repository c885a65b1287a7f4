// One pass of the transform: butterflies of RADIX points on values that the T threads of a row hold in registers.
//
//   thread t holds v[m] = x[t + T·m], m < R, before and after each pass (Stockham's order, so no bit reversal)
//   pass with stride ns = product of the radices before it, for each butterfly j = t + T·i:
//     x[q] = v[i + q·(R/RADIX)] · W_(ns·RADIX)^(q·(j mod ns)),  RADIX points transformed in place
//   exchange_RADIX then moves value q of butterfly j to place (j/ns)·ns·RADIX + (j mod ns) + q·ns.
//   After the last pass that place is t + T·m again: no exchange, thread t holds bins t + T·m.
//
// Bounded by arithmetic: a 256-point row is two passes of 16 points with one exchange between them.

fn stage_RADIX(t: u32, ns: u32, table: u32) {
    for (var i = 0u; i < R / RADIXu; i++) { // unroll
        let k = (t + T * i) % ns;
        var x: array<vec2f, RADIX>;
        x[0] = v[i];
        for (var q = 1u; q < RADIXu; q++) { // unroll
            x[q] = v[i + q * (R / RADIXu)];
            if (ns > 1u) {
                x[q] = mul(x[q], twiddles[table + (q - 1u) * ns + k]);
            }
        }
        let y = fft_RADIX(x);
        for (var q = 0u; q < RADIXu; q++) { // unroll
            v[i + q * (R / RADIXu)] = y[q];
        }
    }
}
