/** A duration as the reference prints it: `0s`, `733ns`, `8.842062ms`, `1m44.195769766s`, `1h0m0s`. `ns` is whole and not negative. */
export function formatDuration(ns: number): string {
  if (ns < 1e3) return ns === 0 ? '0s' : `${ns}ns`;
  if (ns < 1e6) return `${decimal(ns, 3)}µs`;
  if (ns < 1e9) return `${decimal(ns, 6)}ms`;
  const minutes = Math.floor(ns / 60e9);
  const seconds = `${decimal(ns - minutes * 60e9, 9)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

/** `n` with the decimal point moved `places` to the left, without zeros at the end. */
function decimal(n: number, places: number): string {
  const digits = n.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
