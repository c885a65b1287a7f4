// Types of rlx-fft. Names of arguments and defaults are SciPy's.

export type Samples = Float32Array | Float64Array;
/** A name (`'hann'`, `'kaiser:8.6'`), a name with its parameter, or the weights themselves. */
export type Window = string | [string] | [string, number] | number[] | Samples;
export type Range = number | [number | null, number | null];

export interface WelchOptions {
  /** Samples per second. 1 */
  fs?: number;
  /** 'hann' */
  window?: Window;
  /** Samples of a segment. 256, or as many as there are. */
  nperseg?: number;
  /** Samples that neighbouring segments share. Half of nperseg. */
  noverlap?: number;
  /** Length of the transform. nperseg */
  nfft?: number;
  /** 'constant' */
  detrend?: 'constant' | 'linear' | false;
  /** true */
  return_onesided?: boolean;
  /** 'density' (unit²/Hz) */
  scaling?: 'density' | 'spectrum' | 'raw';
  /** 'mean' */
  average?: 'mean' | 'median' | 'max' | 'min';
  /** 'propagate' */
  nan_policy?: 'propagate' | 'raise' | 'omit';
}

export interface Spectrum<T extends Samples = Samples> {
  freqs: Float64Array;
  values: T;
}

export interface Grid<T extends Samples = Samples> extends Spectrum<T> {
  times: Float64Array;
  /** [freqs, times]; `values` has row after row. */
  shape: [number, number];
}

/** Loads the module once: from the file beside this one, a URL, bytes, or a compiled module. */
export function init(source?: string | URL | ArrayBuffer | ArrayBufferView | WebAssembly.Module): Promise<void>;

/** Loads the readers of recordings, which `open` otherwise does when it is first called. */
export function initFiles(source?: string | URL | ArrayBuffer | ArrayBufferView | WebAssembly.Module): Promise<WebAssembly.Module>;

export function welch<T extends Samples>(x: T, options?: WelchOptions): Spectrum<T>;
export function periodogram<T extends Samples>(
  x: T, options?: Omit<WelchOptions, 'nperseg' | 'noverlap' | 'average'>): Spectrum<T>;
export function csd<T extends Samples>(x: T, y: T, options?: WelchOptions): { freqs: Float64Array; re: T; im: T };
export function coherence<T extends Samples>(
  x: T, y: T, options?: Omit<WelchOptions, 'scaling' | 'average' | 'return_onesided'>): Spectrum<T>;
export function spectrogram<T extends Samples>(
  x: T, options?: Omit<WelchOptions, 'average' | 'return_onesided'>): Grid<T>;

export interface StftOptions {
  fs?: number;
  window?: string | [string] | [string, number];
  nperseg?: number;
  noverlap?: number;
  nfft?: number;
  detrend?: 'constant' | 'linear' | false;
  boundary?: 'zeros' | null;
  padded?: boolean;
  scaling?: 'spectrum' | 'psd';
}
export function stft<T extends Samples>(
  x: T, options?: StftOptions): { freqs: Float64Array; times: Float64Array; re: T; im: T; shape: [number, number] };

export interface FindPeaksOptions {
  height?: Range;
  threshold?: Range;
  distance?: number;
  prominence?: Range;
  width?: Range;
  wlen?: number;
  rel_height?: number;
  plateau_size?: Range;
}
export function findPeaks(
  x: Samples, options?: FindPeaksOptions): { peaks: Int32Array; properties: Record<string, Float64Array> };

export function welchPeaks(
  x: Samples, options?: WelchOptions & { k?: number }): { bins: Int32Array; freqs: Float64Array; values: Float64Array };

export type Preset = 'whisper' | 'librosa' | 'kaldi' | 'torchaudio' | 'nemo';
export function logMel(
  x: Samples, preset?: Preset, options?: { n_mels?: number; length?: number }):
  { values: Float32Array; shape: [number, number]; fs: number };

export class WelchAccumulator {
  constructor(options?: WelchOptions & { type?: 'f32' | 'f64' });
  push(x: Samples): this;
  gap(): this;
  merge(other: WelchAccumulator): this;
  snapshot(): Spectrum & { segments: number; skipped: number };
  finish(): Spectrum & { segments: number; skipped: number };
  free(): void;
}

export class Pool {
  /** As many workers as cores by default. */
  constructor(size?: number);
  readonly size: number;
  run(name: string, values: Samples[], options?: unknown[], how?: { transfer?: boolean }): Promise<any>;
  map(name: string, rows: Samples[], ...options: unknown[]): Promise<any[]>;
  welch<T extends Samples>(x: T, options?: WelchOptions, how?: { transfer?: boolean }): Promise<Spectrum<T>>;
  logMel(x: Samples, preset?: Preset, options?: { n_mels?: number; length?: number }, how?: { transfer?: boolean }):
    Promise<{ values: Float32Array; shape: [number, number]; fs: number }>;
  end(): Promise<void>;
}

export interface OpenOptions {
  /** Samples per second, for files that do not tell. */
  rate?: number;
  /** The files have no header: samples of this format, such as 's16le'. */
  raw?: string;
  channels?: number;
  /** A format's name, instead of looking at the content. */
  format?: string;
  /** Two channels are one complex signal. */
  iq?: boolean;
  /** Name of an ArrayBuffer or Blob that has none; its extension may tell the format. */
  name?: string;
}

export interface RecordingInfo {
  name: string;
  format: string;
  sample_rate: number;
  frames: number;
  channels: { name: string; unit: string | null; number: number }[];
  complex: boolean;
  center_freq: number;
  notes: string[];
  annotations: { start: number; duration: number | null; label: string }[];
}

export interface Stretch {
  /** Of the recordings in the file. 0 */
  recording?: number;
  /** All by default; samples and spectrogram: 0 */
  channel?: number;
  /** In seconds. 0 */
  start?: number;
  /** In seconds. To the end. */
  duration?: number;
}
type Estimate = Pick<WelchOptions, 'nperseg' | 'noverlap' | 'detrend' | 'scaling'> & { window?: string };
type Averaged = Stretch & Estimate & { average?: WelchOptions['average'] };

export interface Recordings {
  readonly info: { version: string; recordings: RecordingInfo[] };
  psd(options?: Averaged): Promise<{
    freqs: Float64Array; channels: { name: string; values: Float64Array; segments: number }[]; unit: string; notes: string[] }>;
  peaks(options?: Averaged & { k?: number; prominence?: number }): Promise<{
    name: string; peaks: { rank: number; bin: number; freq: number; power: number; level_db: number; prominence_db: number; width: number }[] }[]>;
  spectrogram(options?: Stretch & Estimate & { nfft?: number }): Promise<Grid<Float32Array>>;
  samples(options?: Stretch): Promise<Float32Array>;
  ask(request: Record<string, unknown>): Promise<any>;
  memory(): Promise<number>;
  close(): Promise<void>;
}
type Source = Blob | ArrayBuffer | ArrayBufferView;
export function open(source: Source | Source[], options?: OpenOptions): Promise<Recordings>;

export interface SpectrumNode extends AudioWorkletNode {
  onspectrum: ((spectrum: Spectrum<Float32Array> & { time: number; samples?: Float32Array }) => void) | null;
}
export function createSpectrumNode(
  context: BaseAudioContext,
  options?: WelchOptions & { interval?: number; samples?: boolean; processor?: string | URL }): Promise<SpectrumNode>;
