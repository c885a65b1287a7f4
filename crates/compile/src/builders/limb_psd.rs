//! Averaged powers with more than single precision on devices without `f64`.

use rlx_dsp::welch::PsdParams;

use crate::error::Result;
use crate::graph::Graph;
use crate::op::Op;
use crate::params::{LimbArithmetic, LimbPsdSpec, Rows};

/// Input `[batch, len]` → LimbPsd → output `psd`, `[batch, bins]`: samples and powers are sums of two `f32`
/// ([`to_limbs`], [`from_limbs`]). The NaN policy is that of the session; the one of the parameters is ignored.
///
/// # Errors
/// [`Error::Structure`](crate::Error::Structure); shapes are checked by [`Graph::infer`].
pub fn limb_psd(params: &PsdParams, arithmetic: LimbArithmetic, batch: usize, len: usize) -> Result<Graph> {
    let mut graph = Graph::new();
    let x = graph.push(Rows::complex(batch, len).input(), &[])?;
    let estimate = params.clone().nan(Default::default());
    graph.chain(x, [Op::LimbPsd(LimbPsdSpec { arithmetic, estimate }), Op::output("psd")])?;
    Ok(graph)
}

/// Returns the high and the low limb: `f32` numbers whose sum is the number to 48 bits, if it is in the range of `f32`.
pub fn to_limbs(value: f64) -> [f32; 2] {
    let high = value as f32;
    let low = value - f64::from(high);
    [high, if high.is_finite() { low as f32 } else { 0.0 }]
}

/// Returns the number of these limbs.
pub fn from_limbs([high, low]: [f32; 2]) -> f64 {
    f64::from(high) + f64::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limbs_keep_48_bits() {
        for value in [0.0, 1.0 / 3.0, -1e10 / 7.0, 123.456e-12, f64::INFINITY] {
            let back = from_limbs(to_limbs(value));
            assert!(back == value || (back - value).abs() <= value.abs() * 2f64.powi(-48), "{value} {back}");
        }
        assert!(from_limbs(to_limbs(f64::NAN)).is_nan());
    }

    #[test]
    fn powers_of_real_rows() {
        let params = PsdParams::new(48e3, 255);
        let graph = limb_psd(&params, LimbArithmetic::F32x2, 3, 1000).unwrap();
        let types = graph.infer().unwrap();
        assert_eq!((types[1].dims.clone(), types[1].bytes()), (vec![3, 128], 3 * 128 * 8));
        let two = params.sides(rlx_dsp::scaling::Sides::Two);
        assert!(limb_psd(&two, LimbArithmetic::F64, 3, 1000).unwrap().infer().is_err());
    }
}
