/** Times as people say them. */
import { locale, strings } from "./language.js";

const DAY_MS = 24 * 60 * 60 * 1000;
const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(locale, { weekday: "short" });
const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const dateOfYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const longDay = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const longDayOfYear = new Intl.DateTimeFormat(locale, {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});
const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });

/** @param {string} time @returns {string} Such as "14:05". */
export function clockTime(time) {
  return clock.format(new Date(time));
}

/** @param {string} time @returns {string} The whole date and time. */
export function fullTime(time) {
  return full.format(new Date(time));
}

/**
 * @param {string} time
 * @returns {string} Short enough for a list: the clock today, then the weekday, then the date.
 */
export function listTime(time) {
  const age = daysAgo(time);
  if (age <= 0) return clockTime(time);
  if (age === 1) return strings.conversation.yesterday;
  if (age < 7) return weekday.format(new Date(time));
  return (isThisYear(time) ? date : dateOfYear).format(new Date(time));
}

/** @param {string} time @returns {string} For a sentence: the clock today, otherwise the day and the clock. */
export function pastTime(time) {
  return daysAgo(time) <= 0 ? clockTime(time) : strings.times.dayAndClock(listTime(time), clockTime(time));
}

/** @param {string} time @returns {string} The name of its day. */
export function dayName(time) {
  const age = daysAgo(time);
  if (age === 0) return strings.conversation.today;
  if (age === 1) return strings.conversation.yesterday;
  return (isThisYear(time) ? longDay : longDayOfYear).format(new Date(time));
}

/** @param {string} time @returns {number} The same for all times of one day, here where the reader is. */
export function dayOf(time) {
  return new Date(time).setHours(0, 0, 0, 0);
}

function daysAgo(time) {
  // Rounded, for a day on which the clocks change is an hour longer or shorter.
  return Math.round((new Date().setHours(0, 0, 0, 0) - dayOf(time)) / DAY_MS);
}

function isThisYear(time) {
  return new Date(time).getFullYear() === new Date().getFullYear();
}
