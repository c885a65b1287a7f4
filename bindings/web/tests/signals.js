// The signals of the golden files, as scripts/golden_*.py make them.

const MASK = (1n << 64n) - 1n;

/** `noise` of scripts/golden_scipy.py. */
function noise(seed, n) {
  let state = (BigInt(seed) * 0x9e3779b97f4a7c15n) & MASK;
  state = state === 0n ? 1n : state;
  return Float64Array.from({ length: n }, () => {
    state ^= state >> 12n;
    state = (state ^ (state << 25n)) & MASK;
    state ^= state >> 27n;
    return Number(((state * 0x2545f4914f6cdd1dn) & MASK) >> 11n) * 2 ** -52 - 1;
  });
}

/** `signal` of scripts/golden_scipy.py. */
export function signal({ n, offset, slope }, seed) {
  return noise(seed, n).map((x, i) => {
    const triangle = Math.abs(((7 * i) % 160) - 80) / 20 - 2;
    return x + triangle + slope * i + offset;
  });
}

/** `lcg` of the golden scripts. */
export function lcg(seed, n) {
  let state = BigInt(seed);
  return Float64Array.from({ length: n }, () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & MASK;
    return (Number(state >> 11n) / 2 ** 53) * 2 - 1;
  });
}

/** The voice of scripts/golden_mel.py. */
export function voice(n, rate) {
  return lcg(12, n).map((floor, i) => {
    const t = i / rate;
    const glide = 140 * t + 60 * t * t;
    let sum = 0;
    for (let h = 1; h < 20; h += 1) {
      sum += (0.3 / h) * Math.sin(2 * Math.PI * h * glide);
    }
    return (sum + 3e-5 * floor) * Math.exp(-12 * t);
  });
}

/** A mono WAV of 16 bits. */
export function wav(samples, rate) {
  const bytes = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, four) => [...four].forEach((c, i) => bytes.setUint8(at + i, c.charCodeAt(0)));
  text(0, 'RIFF');
  bytes.setUint32(4, 36 + 2 * samples.length, true);
  text(8, 'WAVEfmt ');
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true);
  bytes.setUint32(24, rate, true);
  bytes.setUint32(28, 2 * rate, true);
  bytes.setUint16(32, 2, true);
  bytes.setUint16(34, 16, true);
  text(36, 'data');
  bytes.setUint32(40, 2 * samples.length, true);
  samples.forEach((x, i) => bytes.setInt16(44 + 2 * i, Math.round(32767 * x), true));
  return bytes.buffer;
}
