//! A learned transform in the form that a device runs: pruned butterflies are removed, permutations are encoded in
//! the addresses.

/// One butterfly: two points become two, or one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mix {
    /// Addresses that are read; both are equal if the other input is zero.
    pub from: [u32; 2],
    /// Addresses that are written. No other butterfly of the stage reads them. `None`: the output is not needed.
    pub to: [Option<u32>; 2],
    /// For each output the complex factors of both inputs, as (re, im, re, im).
    pub weights: [[f32; 4]; 2],
}

impl Mix {
    /// Returns `w` if the weights have the form `[[1, w], [1, −w]]`.
    pub fn twiddle(&self) -> Option<[f32; 2]> {
        let [[_, _, re, im], second] = self.weights;
        let plain = self.weights[0][..2] == [1.0, 0.0] && second == [1.0, 0.0, -re, -im];
        (plain && self.from[0] != self.from[1]).then_some([re, im])
    }
}

/// A transform of `n` complex points in place. Mixes of a stage are independent of one another.
#[derive(Debug, Clone, PartialEq)]
pub struct Butterflies {
    /// Points.
    pub n: usize,
    /// Mixes in order.
    pub stages: Vec<Vec<Mix>>,
    /// Address of each of the `n` bins after the last stage; `None`: the bin is zero or not wanted.
    pub bins: Vec<Option<u32>>,
    /// Whether the imaginary parts of the bins are dropped.
    pub real: bool,
}

impl Butterflies {
    /// Returns whether every address is below `n`.
    pub fn is_sound(&self) -> bool {
        let inside = |place: &u32| (*place as usize) < self.n;
        let mixes = self.stages.iter().flatten();
        let mut places = mixes.flat_map(|m| m.from.into_iter().chain(m.to.into_iter().flatten()));
        self.bins.len() == self.n && places.all(|p| inside(&p)) && self.bins.iter().flatten().all(inside)
    }

    /// Returns the `n` bins of `n` points: the reference implementation of the kernels.
    ///
    /// # Panics
    /// A frame of another length; addresses that are not [sound](Self::is_sound).
    pub fn forward(&self, frame: &[[f32; 2]]) -> Vec<[f32; 2]> {
        assert_eq!(frame.len(), self.n, "points");
        let mut points = frame.to_vec();
        for mix in self.stages.iter().flatten() {
            let [[ar, ai], [br, bi]] = mix.from.map(|p| points[p as usize]);
            for (to, [a, b, c, d]) in mix.to.iter().zip(mix.weights) {
                if let Some(to) = to {
                    points[*to as usize] =
                        [a * ar - b * ai + c * br - d * bi, a * ai + b * ar + c * bi + d * br];
                }
            }
        }
        let bin = |place: &Option<u32>| {
            let [re, im] = place.map_or([0.0; 2], |p| points[p as usize]);
            [re, if self.real { 0.0 } else { im }]
        };
        self.bins.iter().map(bin).collect()
    }
}
