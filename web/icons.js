/** Line icons on a grid of 24, drawn as path data. */
const SHAPES = {
  alert: "M12 7.500v5.500M12 16.400v.1M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17z",
  back: "M14.500 5.500 8 12l6.500 6.500",
  check: "M5 12.500l4.500 4.500L19 7.500",
  clock: "M12 7.500V12l3 2M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17z",
  close: "M6.500 6.500l11 11M17.500 6.500l-11 11",
  compose:
    "M13 5H7.500A2.500 2.500 0 0 0 5 7.500v9A2.500 2.500 0 0 0 7.500 19h9a2.500 2.500 0 0 0 2.500-2.500V11M10 14l.6-2.700L17.800 4a1.500 1.500 0 0 1 2.200 2.200l-7.300 7.200z",
  down: "M12 5v14M6 13l6 6 6-6",
  eye: "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 9.200a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600z",
  eyeClosed: "M3 10.500c2 3 5 4.800 9 4.800s7-1.800 9-4.800M6 14l-1.500 2.300M12 15.300V18M18 14l1.500 2.300",
  group:
    "M9 11.500a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400zM2.800 19c.4-3 2.900-4.800 6.200-4.800s5.800 1.800 6.200 4.800M15.500 5.400a3 3 0 0 1 0 5.900M17.500 14.600c2.100.6 3.400 2.100 3.700 4.400",
  leave:
    "M14 8V6a2 2 0 0 0-2-2H7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h5a2 2 0 0 0 2-2v-2M10 12h10.500M17 8.500l3.500 3.500-3.500 3.500",
  search: "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.300 15.300 20 20",
  send: "M12 19V5.500M5.800 11.500 12 5.300l6.200 6.200",
  themeAuto:
    "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM12 3.500v17M12 8h6.500M12 12h8.400M12 16h6.500",
  themeDark: "M19.500 14.200A8 8 0 0 1 9.800 4.500a8 8 0 1 0 9.700 9.700z",
  themeLight:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.800v1.700M12 19.500v1.700M5.500 5.500l1.200 1.200M17.300 17.300l1.200 1.200M2.800 12h1.700M19.500 12h1.700M5.500 18.500l1.200-1.200M17.300 6.700l1.200-1.200",
};

const SVG = "http://www.w3.org/2000/svg";

/** @param {keyof typeof SHAPES} name @returns {SVGElement} Silent: whoever uses it gives the words. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}
