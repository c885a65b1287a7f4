// Perceptual colour maps, from a few anchors each.

const ANCHORS = {
  viridis: ['440154', '472c7b', '3b518b', '2c718e', '21908d', '27ad81', '5cc863', 'aadc32', 'fde725'],
  magma: ['000004', '1c1044', '4f127b', '812581', 'b5367a', 'e55064', 'fb8761', 'fec287', 'fcfdbf'],
  inferno: ['000004', '1b0c41', '4a0c6b', '781c6d', 'a52c60', 'cf4446', 'ed6925', 'fb9b06', 'fcffa4'],
  cividis: ['00224e', '123570', '3b496c', '575d6d', '707173', '8a8678', 'a59c74', 'c3b369', 'fee838'],
  grey: ['000000', 'ffffff'],
};

export const NAMES = Object.keys(ANCHORS);

const tables = new Map();

/** 256 colours as pixels (ABGR, for a Uint32Array over image data). */
export function table(name) {
  if (!tables.has(name)) {
    const anchors = (ANCHORS[name] ?? ANCHORS.viridis).map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));
    const pixels = new Uint32Array(256);
    for (let i = 0; i < 256; i++) {
      const x = (i / 255) * (anchors.length - 1);
      const at = Math.min(Math.floor(x), anchors.length - 2);
      const [r, g, b] = anchors[at].map((a, c) => Math.round(a + (anchors[at + 1][c] - a) * (x - at)));
      pixels[i] = (255 << 24) | (b << 16) | (g << 8) | r;
    }
    tables.set(name, pixels);
  }
  return tables.get(name);
}

/** Okabe and Ito's colours for lines. */
export const LINES = ['#3b8fd6', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8a8f99'];
