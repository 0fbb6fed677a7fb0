/** Sizes of files as people say them. */
import { locale } from "./language.js";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/** @param {number} bytes @returns {string} Such as "1.4 MB". */
export function sizeText(bytes) {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const format = new Intl.NumberFormat(locale, {
    style: "unit",
    unit: UNITS[step],
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: 1,
  });
  return format.format(bytes / 1000 ** step);
}
