//! Microsoft's ADPCM.

/// Coefficient pairs that every file may use; a header may define others.
pub(in crate::read) const COEFFICIENTS: [[i32; 2]; 7] =
    [[256, 0], [512, -256], [0, 0], [192, 64], [240, 0], [460, -208], [392, -232]];
const ADAPT: [i32; 16] = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];

/// A block: per channel the number of a pair, a step and two samples, then nibbles of all channels in turn.
pub(super) fn block(block: &[u8], coefficients: &[[i32; 2]], planes: &mut [Vec<i16>]) {
    let channels = planes.len();
    let word = |at: usize| i32::from(i16::from_le_bytes([block[at], block[at + 1]]));
    let mut states: Vec<([i32; 2], i64)> = Vec::with_capacity(channels);
    for (channel, plane) in planes.iter_mut().enumerate() {
        let pair = coefficients
            .get(usize::from(block[channel]))
            .or(coefficients.first())
            .copied()
            .unwrap_or([256, 0]);
        let at = |field: usize| word(channels + 2 * (field * channels + channel));
        states.push((pair, at(0).into()));
        for sample in [at(2), at(1)] {
            plane.push(i16::try_from(sample).unwrap_or(0));
        }
    }
    let nibbles = block[7 * channels..].iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let count = (block.len() - 7 * channels) * 2 / channels * channels;
    for (i, nibble) in nibbles.take(count).enumerate() {
        let (pair, step) = &mut states[i % channels];
        let plane = &mut planes[i % channels];
        let [.., before, last] = plane[..] else { return };
        // Values in damaged blocks may be arbitrarily large.
        let product = |sample: i16, factor: i32| i64::from(sample) * i64::from(factor);
        let predicted = (product(last, pair[0]) + product(before, pair[1])) >> 8;
        let signed = if nibble & 8 != 0 { i64::from(nibble) - 16 } else { i64::from(nibble) };
        let sample = (predicted + signed * *step).clamp(-32768, 32767);
        *step = ((i64::from(ADAPT[usize::from(nibble)]) * *step) >> 8).clamp(16, 1 << 24);
        plane.push(i16::try_from(sample).unwrap_or(0));
    }
}
