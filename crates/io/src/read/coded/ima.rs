//! IMA ADPCM (Interactive Multimedia Association, "Recommended practices for enhancing digital audio compatibility").

/// Bytes and samples of a packet of Apple's variant.
pub(super) const PACKET: usize = 34;
pub(super) const PER_PACKET: usize = 64;

const STEPS: [i32; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88,
    97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658,
    724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660,
    4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818,
    18500, 20350, 22385, 24623, 27086, 29794, 32767,
];
const INDICES: [i32; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

struct State {
    predictor: i32,
    index: i32,
}

impl State {
    fn next(&mut self, nibble: u8) -> i16 {
        let step = STEPS[usize::try_from(self.index).unwrap_or(0).min(STEPS.len() - 1)];
        let mut difference = step >> 3;
        for (bit, shift) in [(4, 0), (2, 1), (1, 2)] {
            if nibble & bit != 0 {
                difference += step >> shift;
            }
        }
        self.predictor += if nibble & 8 != 0 { -difference } else { difference };
        self.predictor = self.predictor.clamp(-32768, 32767);
        self.index = (self.index + INDICES[usize::from(nibble & 7)]).clamp(0, 88);
        i16::try_from(self.predictor).unwrap_or(0)
    }

    fn both(&mut self, byte: u8, plane: &mut Vec<i16>) {
        plane.push(self.next(byte & 15));
        plane.push(self.next(byte >> 4));
    }
}

/// A block of WAV: per channel a header of four bytes, then four bytes of each channel in turn.
pub(super) fn wav(block: &[u8], planes: &mut [Vec<i16>]) {
    let channels = planes.len();
    let (headers, data) = block.split_at(4 * channels);
    for (channel, (header, plane)) in headers.as_chunks::<4>().0.iter().zip(planes).enumerate() {
        let first = i16::from_le_bytes([header[0], header[1]]);
        let mut state = State { predictor: first.into(), index: i32::from(header[2]).clamp(0, 88) };
        plane.push(first);
        for turn in data.chunks_exact(4 * channels) {
            turn[4 * channel..4 * channel + 4].iter().for_each(|byte| state.both(*byte, plane));
        }
    }
}

/// Packets of AIFF-C, one of each channel in turn.
pub(super) fn ima4(block: &[u8], planes: &mut [Vec<i16>]) {
    let channels = planes.len();
    for (channel, plane) in planes.iter_mut().enumerate() {
        for turn in block.chunks_exact(PACKET * channels) {
            let packet = &turn[PACKET * channel..PACKET * (channel + 1)];
            let predictor = i16::from_be_bytes([packet[0], packet[1] & 0x80]);
            let index = i32::from(packet[1] & 0x7f).min(88);
            let mut state = State { predictor: predictor.into(), index };
            packet[2..].iter().for_each(|byte| state.both(*byte, plane));
        }
    }
}
