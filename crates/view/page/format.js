// Numbers and times as text.

const PREFIXES = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ']];

/** A frequency with as many digits as `step` makes worth showing. */
export function frequency(hz, step = 0) {
  const size = Math.max(Math.abs(hz), step);
  const [factor, prefix] = PREFIXES.find(([factor]) => size >= factor && factor >= 1) ?? [1, ''];
  const digits = step > 0 ? Math.min(9, Math.max(0, Math.ceil(-Math.log10(step / factor) + 0.3))) : 4;
  return `${(hz / factor).toFixed(digits)} ${prefix}Hz`;
}

/** Seconds as h:mm:ss.fff, or as 1.234 s where that is all there is. */
export function time(seconds, step = 0.001) {
  const digits = Math.min(9, Math.max(0, Math.ceil(-Math.log10(step))));
  const sign = seconds < 0 ? '−' : '';
  const all = Math.abs(seconds);
  if (all < 60) {
    return `${sign}${all.toFixed(digits)} s`;
  }
  const rounded = Number(all.toFixed(digits));
  const hours = Math.floor(rounded / 3600);
  const minutes = Math.floor((rounded % 3600) / 60);
  const rest = (rounded % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, '0');
  return hours ? `${sign}${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${sign}${minutes}:${rest}`;
}

/** Date and time of day of a moment `seconds` after `start` (milliseconds since 1970 on the recording's clock). */
export function moment(start, seconds, step = 1) {
  if (start === null || start === undefined) {
    return '';
  }
  const at = new Date(start + seconds * 1000);
  if (Number.isNaN(at.getTime())) {
    return '';
  }
  const text = at.toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, step < 1 ? 23 : 19)}`;
}

export function level(db) {
  return `${db.toFixed(1)} dB`;
}

/** A value with four significant digits. */
export function value(x) {
  if (x === 0 || !Number.isFinite(x)) {
    return String(x);
  }
  const size = Math.abs(x);
  return size >= 1e5 || size < 1e-3 ? x.toExponential(2) : String(Number(x.toPrecision(4)));
}
