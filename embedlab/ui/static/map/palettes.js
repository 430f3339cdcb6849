// Colors of categories and numbers: palettes that people with color blindness can distinguish, and generated ones for more
// categories than a palette has. Distances are measured in OKLab (Ottosson 2020), as seen with normal vision and with
// protanopia and deuteranopia (Viénot, Brettel and Mollon 1999); the smallest of the three counts.

// Colors of the theme, which begin with those of Okabe and Ito (2008): some of the further ones differ too little from them
// for people with color blindness.
const N_OF_THEME = 7;
// Tol, P. (2021), "Colour schemes": bright for light backgrounds, light for dark ones.
const TOL = {
  light: ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377"],
  dark: ["#77aadd", "#ee8866", "#eedd88", "#ffaabb", "#99ddff", "#44bb99", "#bbcc33", "#aaaa00"],
};
const SCALES = {
  cividis: ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"],
  magma: ["#180f3d", "#440f76", "#721f81", "#9e2f7f", "#cd4071", "#f1605d", "#fd9668", "#feca8d", "#fcfdbf"],
};
const STEPS = 10;
const DIVERGING_STEPS = 11;
// Lightness of generated colors, from dark to light, on a light and on a dark background.
const LIGHTNESS = { light: [0.38, 0.74], dark: [0.58, 0.92] };
const CHROMA = [0.05, 0.09, 0.13, 0.17, 0.21];
const HUES = 60;
const LIGHTNESSES = 9;
// Parts of a cluster differ from it by at most this much lightness, and this much hue in radians.
const FAMILY_LIGHTNESS = 0.15;
const FAMILY_HUE = 0.3;

const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const gamma = (value) => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);

// Linear red, green and blue, from 0 to 1, of "#rrggbb".
function linearOf(hex) {
  return [1, 3, 5].map((at) => linear(parseInt(hex.slice(at, at + 2), 16) / 255));
}

function labOf([r, g, b]) {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function linearOfLab([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

const inGamut = (rgb) => rgb.every((value) => value >= -1e-4 && value <= 1.0001);

function hexOf(rgb) {
  const part = (value) => Math.round(255 * gamma(Math.min(1, Math.max(0, value)))).toString(16).padStart(2, "0");
  return `#${rgb.map(part).join("")}`;
}

export const oklab = (hex) => labOf(linearOf(hex));

// What people with protanopia and deuteranopia see.
const VISIONS = [
  (rgb) => rgb,
  ([r, g, b]) => [0.1121 * r + 0.8853 * g - 0.0005 * b, 0.1127 * r + 0.8897 * g - 0.0001 * b, 0.0045 * r + 0.0085 * g + 0.9905 * b],
  ([r, g, b]) => [0.292 * r + 0.7054 * g - 0.0003 * b, 0.2934 * r + 0.7089 * g, -0.0209 * r + 0.0256 * g + 1.0004 * b],
];

// The OKLab coordinates of a color in each vision, one after the other.
function seenAs(rgb) {
  return VISIONS.flatMap((see) => labOf(see(rgb).map((value) => Math.max(0, value))));
}

function separation(a, b) {
  let least = Infinity;
  for (let at = 0; at < 9; at += 3) least = Math.min(least, Math.hypot(a[at] - b[at], a[at + 1] - b[at + 1], a[at + 2] - b[at + 2]));
  return least;
}

// How different two colors are for everybody.
export function colorDistance(a, b) {
  return separation(seenAs(linearOf(a)), seenAs(linearOf(b)));
}

// Colors of `n` categories. `parents` is the category of which each is a part: then it gets a color like that one's.
export function categoryColors(n, theme, palette = "okabe-ito", parents = null) {
  if (parents?.length) {
    const base = categoryColors(Math.max(...parents) + 1, theme, palette);
    return isSame(parents) ? base.slice(0, n) : familyColors(parents, base, theme.dark);
  }
  const fixed = palette === "generated" ? [] : palette === "tol" ? TOL[theme.dark ? "dark" : "light"] : theme.categories.slice(0, N_OF_THEME);
  return n <= fixed.length ? fixed.slice(0, n) : extended(fixed, n, theme);
}

const isSame = (parents) => parents.every((parent, at) => parent === at);

function familyColors(parents, base, dark) {
  const [low, high] = LIGHTNESS[dark ? "dark" : "light"];
  const counts = new Map();
  for (const parent of parents) counts.set(parent, (counts.get(parent) ?? 0) + 1);
  const seen = new Map();
  return parents.map((parent) => {
    const [L, a, b] = oklab(base[parent]);
    const at = seen.get(parent) ?? 0;
    seen.set(parent, at + 1);
    const n = counts.get(parent);
    const t = n === 1 ? 0 : (2 * at) / (n - 1) - 1;
    const turn = n === 1 ? 0 : FAMILY_HUE * [0, 1, -1][at % 3];
    const [chroma, hue] = [Math.hypot(a, b), Math.atan2(b, a) + turn];
    return clipped(Math.min(high, Math.max(low, L + FAMILY_LIGHTNESS * t)), chroma, hue);
  });
}

// The color with this lightness and hue, with as much of the chroma as a screen can show.
function clipped(L, chroma, hue) {
  for (let c = chroma; ; c -= 0.01) {
    const rgb = linearOfLab([L, Math.max(0, c) * Math.cos(hue), Math.max(0, c) * Math.sin(hue)]);
    if (c <= 0 || inGamut(rgb)) return hexOf(rgb);
  }
}

const generated = new Map();

// The fixed colors and more: each next one is the one that differs most from all before, and from the background and the
// gray of "other".
function extended(fixed, n, theme) {
  const key = `${theme.dark}|${fixed.join()}|${theme.background}|${theme.other}`;
  const known = generated.get(key) ?? [];
  if (known.length >= n) return known.slice(0, n);
  const candidates = candidatesFor(theme.dark);
  const colors = [...fixed];
  const avoid = [theme.background, theme.other, ...fixed].filter((color) => /^#[0-9a-f]{6}$/i.test(color));
  const least = new Float64Array(candidates.length).fill(Infinity);
  const include = (seen) => candidates.forEach((candidate, at) => (least[at] = Math.min(least[at], separation(candidate.seen, seen))));
  avoid.forEach((color) => include(seenAs(linearOf(color))));
  while (colors.length < n) {
    let best = 0;
    for (let at = 1; at < least.length; at += 1) if (least[at] > least[best]) best = at;
    colors.push(candidates[best].color);
    include(candidates[best].seen);
  }
  if (generated.size > 8) generated.clear();
  generated.set(key, colors);
  return colors;
}

// More colors that differ from these.
export function distinctFrom(colors, n, theme) {
  return n ? extended(colors, colors.length + n, theme).slice(colors.length) : [];
}

function candidatesFor(dark) {
  const [low, high] = LIGHTNESS[dark ? "dark" : "light"];
  const out = [];
  for (let step = 0; step < LIGHTNESSES; step += 1) {
    const L = low + ((high - low) * step) / (LIGHTNESSES - 1);
    for (const chroma of CHROMA) {
      for (let at = 0; at < HUES; at += 1) {
        const hue = (2 * Math.PI * at) / HUES;
        const rgb = linearOfLab([L, chroma * Math.cos(hue), chroma * Math.sin(hue)]);
        if (inGamut(rgb)) out.push({ color: hexOf(rgb), seen: seenAs(rgb) });
      }
    }
  }
  return out;
}

// Colors of numbers, in steps from low to high; with a middle, from blue over gray to orange.
export function scaleColors(theme, scale = "viridis", hasMiddle = false) {
  if (hasMiddle) return diverging(theme.dark);
  const colors = SCALES[scale];
  if (!colors) return theme.sequence;
  // High numbers are those that differ most from the background.
  return resampled(theme.dark ? colors.slice(1) : [...colors].reverse().slice(1), STEPS);
}

function diverging(dark) {
  const [end, middle] = dark ? [0.8, 0.45] : [0.45, 0.78];
  return Array.from({ length: DIVERGING_STEPS }, (_, at) => {
    const t = (2 * at) / (DIVERGING_STEPS - 1) - 1;
    return clipped(middle + (end - middle) * Math.abs(t), 0.15 * Math.abs(t), t < 0 ? 4.4 : 0.95);
  });
}

function resampled(colors, n) {
  const labs = colors.map(oklab);
  return Array.from({ length: n }, (_, at) => {
    const place = (at * (labs.length - 1)) / (n - 1);
    const low = Math.min(labs.length - 2, Math.floor(place));
    return hexOf(linearOfLab(labs[low].map((value, axis) => value + (labs[low + 1][axis] - value) * (place - low))));
  });
}
