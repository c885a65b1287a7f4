//! Division of a transform into passes: plain data, chosen without a device.

use rlx_compile::caps::TransformCaps;

/// Passes of one transform in a workgroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::wgpu) struct Recipe {
    /// Points.
    pub(in crate::wgpu) n: usize,
    /// Points per thread.
    pub(in crate::wgpu) points: usize,
    /// Radices, first pass first; their product is `n`, and each divides `points`.
    pub(in crate::wgpu) radices: Vec<usize>,
}

/// Largest transform of one workgroup.
pub(in crate::wgpu) const MAX_IN_GROUP: usize = 4096;

impl Recipe {
    /// Returns the recipe for `n` points, a power of two from 16 to 4096 or 400; `None` for any other length.
    pub(in crate::wgpu) fn new(n: usize) -> Option<Self> {
        let (points, radices): (usize, &[usize]) = match n {
            16 => (8, &[8, 2]),
            32 => (8, &[8, 4]),
            64 => (8, &[8, 8]),
            128 => (16, &[16, 8]),
            // One exchange more than 16·16, but half the registers and a quarter less time on an H100.
            256 => (8, &[8, 8, 4]),
            512 => (8, &[8, 8, 8]),
            1024 => (16, &[16, 16, 4]),
            2048 => (16, &[16, 16, 8]),
            4096 => (16, &[16, 16, 16]),
            // Whisper's and torchaudio's 25 ms at 16 kHz.
            400 => (20, &[5, 5, 4, 4]),
            _ => return None,
        };
        Some(Self { n, points, radices: radices.to_vec() })
    }

    /// Returns the threads per transform.
    pub(in crate::wgpu) fn threads(&self) -> usize {
        self.n / self.points
    }

    /// Returns radix, stride (the product of the radices before it) and first twiddle of each pass.
    pub(in crate::wgpu) fn passes(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.radices.iter().scan((1, 0), |(stride, table), &radix| {
            let pass = (radix, *stride, *table);
            if *stride > 1 {
                *table += (radix - 1) * *stride;
            }
            *stride *= radix;
            Some(pass)
        })
    }

    /// Returns the twiddles of all passes, (cos, sin) of `−2π·q·k / (radix·stride)`: for each pass except the first,
    /// for each `q` from 1, for each `k` below the stride.
    pub(in crate::wgpu) fn twiddles(&self) -> Vec<[f32; 2]> {
        let later = self.passes().filter(|&(_, stride, _)| stride > 1);
        later
            .flat_map(|(radix, stride, _)| {
                let of = (radix * stride) as f64;
                (1..radix).flat_map(move |q| {
                    (0..stride).map(move |k| {
                        let (sin, cos) = (-std::f64::consts::TAU * (q * k) as f64 / of).sin_cos();
                        [cos as f32, sin as f32]
                    })
                })
            })
            .collect()
    }
}

/// Lengths of the fused kernel.
pub(in crate::wgpu) const FUSED: TransformCaps =
    TransformCaps { min: 64, max: MAX_IN_GROUP, powers_of_two: true };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radices_make_the_length_and_divide_what_a_thread_holds() {
        for n in (4..=12).map(|log| 1 << log).chain([400]) {
            let recipe = Recipe::new(n).unwrap();
            assert_eq!(recipe.radices.iter().product::<usize>(), n);
            assert!(
                recipe.radices.iter().all(|r| recipe.points.is_multiple_of(*r))
                    && recipe.points.is_multiple_of(2),
                "{n}"
            );
            assert!(recipe.threads() * recipe.points == n && recipe.threads() <= 256);
            let (radix, stride, table) = recipe.passes().last().unwrap();
            assert_eq!(recipe.twiddles().len(), table + (radix - 1) * stride);
        }
        assert!(Recipe::new(8192).is_none() && Recipe::new(48).is_none());
    }
}
