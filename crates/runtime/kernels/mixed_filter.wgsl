// Step between the two transforms of a convolution: the values of the last pass times the filter's spectrum, with real and
// imaginary parts swapped, so that the second transform is an inverse.

fn filtered(t: u32) {
    for (var u = 0u; u < P_PERu; u++) { // unroll
        let b = min(t + T * u, P_COUNTu - 1u);
        for (var m = 0u; m < P_RADIXu; m++) { // unroll
            let z = mul(v[u * P_RADIXu + m], more[FILTER_AT + b + m * P_COUNTu]);
            v[u * P_RADIXu + m] = z.yx;
        }
    }
}
