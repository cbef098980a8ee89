/** The greys of structure, for the canvases, in both themes. */

import type { Ink } from "./scene";

const LIGHT: Ink = {
  background: [252, 252, 251],
  hull: [236, 238, 242],
  weak: [217, 220, 225],
  strong: [92, 98, 108],
  accent: [20, 23, 28],
  text: [70, 75, 84],
};

const DARK: Ink = {
  background: [18, 20, 23],
  hull: [31, 35, 40],
  weak: [52, 57, 64],
  strong: [178, 184, 194],
  accent: [250, 251, 252],
  text: [190, 196, 205],
};

export const inkOf = (dark: boolean): Ink => (dark ? DARK : LIGHT);
